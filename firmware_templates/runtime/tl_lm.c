#include "tl_lm.h"

#include "model.h"
#include "tl_console.h"
#include "tl_format.h"
#include "tl_port.h"
#include "tl_read.h"
#include "tl_step.h"
#include "tl_utf8.h"

void tl_lm_reset(char *rest)
{
    (void)rest;
    tl_read_reset();
    tl_step_reset();
}

void tl_lm_start(void)
{
    tl_read_reset();
    if (tl_chooser.fresh) tl_chooser.fresh();
}

void tl_lm_disturb(void)
{
    tl_read_again();
}

void tl_lm_feed(char *rest)
{
    if (tl_read_feed(rest, tl_unescape(rest)) == TL_READ_OK)
        tl_reply_number("m-lm-pending-", tl_read_pending());
    else
        tl_reply_error("Text buffer full");
}

static void reply_token(uint32_t token)
{
    const char *text = token < tl_token_count ? tl_token_text[token] : "";
    tl_put("m-lm-token-");
    tl_put_u64(token);
    tl_put("-[");
    tl_utf8_put(text, tl_length(text));
    tl_put_line("]");
}

static uint16_t choose(void)
{
    return tl_chooser.draw ? tl_chooser.draw() : (uint16_t)(tl_language.first_logit + tl_tensor_largest(tl_logits()));
}

void tl_lm_generate(char *rest)
{
    int32_t limit = 0;
    if (!tl_parse_int(rest, &limit) || limit <= 0) {
        tl_reply_error("Number of tokens must be >0");
        return;
    }
    tl_prompt prompt;
    tl_port_flush();
    uint64_t begun = tl_port_micros();
    if (tl_read_finish(0, &prompt) != TL_READ_OK) {
        tl_reply_error("Text longer than the model reads");
        return;
    }
    uint64_t read = tl_port_micros();
    tl_reply_number("m-lm-prompt-", prompt.steps);
    tl_reply_number("m-lm-ahead-", prompt.ahead);
    tl_reply_number("m-lap-us-", begun);
    tl_reply_number("m-lap-us-", read);
    const char *stop = "limit";
    tl_utf8_start();
    if (tl_chooser.start) tl_chooser.start();
    for (int32_t made = 0; made < limit; made++) {
        uint16_t token = choose();
        if (token == tl_token_end || token == tl_token_bos) {
            stop = "end";
            break;
        }
        reply_token(token);
        if (made + 1 == limit) break;
        if (!tl_step_room(1)) {
            stop = "window";
            break;
        }
        if (tl_console_interrupted()) {
            stop = "cancel";
            break;
        }
        if (tl_chooser.saw) tl_chooser.saw(token);
        tl_step(token, 0);
    }
    tl_reply_lap();
    tl_put("m-lm-stop-[");
    tl_put(stop);
    tl_put_line("]");
}

static int32_t hex_token(const char *digits)
{
    int32_t value = 0;
    for (int i = 0; i < 4; i++) value = value * 16 + tl_hex_digit(digits[i]);
    return value;
}

/* Nothing runs unless the whole line is good, so that a bad line leaves the state as it was. */
static bool score_is_good(const char *hex)
{
    uint32_t digits = tl_length(hex);
    if (digits == 0 || digits % 4 != 0) {
        tl_reply_error("Insufficent number of hex digits");
        return false;
    }
    for (uint32_t i = 0; i < digits; i += 2) {
        if (tl_hex_digit(hex[i]) < 0 || tl_hex_digit(hex[i + 1]) < 0) {
            tl_put("e-[Invalid hex digit '");
            tl_put_clean(hex + i, 2);
            tl_put_line("']");
            return false;
        }
    }
    for (uint32_t i = 0; i < digits; i += 4) {
        if ((uint32_t)hex_token(hex + i) >= tl_token_count) {
            tl_reply_error("Token out of range");
            return false;
        }
    }
    return true;
}

void tl_lm_score(char *hex)
{
    if (!score_is_good(hex)) return;
    tl_read_again();
    for (; *hex; hex += 4) {
        if (!tl_step_room(1)) {
            tl_reply_error("Window full");
            return;
        }
        tl_step((uint16_t)hex_token(hex), 0);
        uint32_t crc = 0;
        for (uint32_t k = 0; k < TL_OUTPUT_COUNT; k++) crc = tl_crc32(crc, tl_outputs[k].data, tl_outputs[k].bytes);
        tl_put("m-lm-crc-");
        tl_put_hex(crc, 8);
        tl_end_line();
    }
}

/* Split "word rest" at the first space. Everything behind that one space is the rest, so that fed text keeps its spaces. */
static char *split(char *text)
{
    while (*text && *text != ' ') text++;
    if (*text) *text++ = '\0';
    return text;
}

void tl_lm_command(char *arguments)
{
    char *rest = split(arguments);
    for (uint32_t i = 0; i < tl_lm_command_count; i++) {
        if (tl_same(arguments, tl_lm_commands[i].name)) {
            tl_lm_commands[i].run(rest);
            return;
        }
    }
    tl_put("e-[Command 'lm' requires a subcommand: ");
    for (uint32_t i = 0; i < tl_lm_command_count; i++) {
        if (i) tl_put(", ");
        tl_put(tl_lm_commands[i].name);
    }
    tl_put_line("]");
}
