#include "tl_lm.h"

#include <stdbool.h>

#include "model.h"
#include "tl_console.h"
#include "tl_format.h"
#include "tl_port.h"
#include "tl_tensor.h"
#include "tl_text.h"

static char pending[TL_TEXT_MAX];
static uint32_t pending_bytes;
static uint16_t prompt[TL_TEXT_MAX + 3]; /* bos, a space in front of the text, the text, answer */

static const tl_io *logits(void)
{
    return &tl_outputs[0];
}

/* One token through the model. Input 0 is the token; the others, if any, are at real 0 (the arena may have overwritten them). */
static void step(uint16_t token)
{
    tl_tensor_set(&tl_inputs[0], 0, token);
    for (uint32_t i = 1; i < TL_INPUT_COUNT; i++) {
        uint32_t count = tl_tensor_count(&tl_inputs[i]);
        for (uint32_t k = 0; k < count; k++) tl_tensor_set(&tl_inputs[i], k, tl_inputs[i].zero_point);
    }
    tl_model_invoke();
}

static void feed(const char *text)
{
    uint32_t bytes = tl_length(text);
    if (bytes > TL_TEXT_MAX - pending_bytes) {
        tl_reply_error("Text buffer full");
        return;
    }
    memcpy(pending + pending_bytes, text, bytes);
    pending_bytes += bytes;
    tl_reply_number("m-lm-pending-", pending_bytes);
}

static uint32_t make_prompt(void)
{
    uint32_t count = 0;
    if (tl_token_bos != TL_NO_TOKEN) prompt[count++] = tl_token_bos;
    count += tl_text_encode(pending, pending_bytes, prompt + count);
    prompt[count++] = tl_token_answer;
    pending_bytes = 0;
    return count;
}

static void reply_token(uint32_t token)
{
    const char *text = token < tl_token_count ? tl_token_text[token] : "";
    tl_put("m-lm-token-");
    tl_put_u64(token);
    tl_put("-[");
    tl_put_clean(text, tl_length(text));
    tl_put_line("]");
}

static void generate(const char *argument)
{
    int32_t limit = 0;
    if (!tl_parse_int(argument, &limit) || limit <= 0) {
        tl_reply_error("Number of tokens must be >0");
        return;
    }
    uint32_t count = make_prompt();
    tl_reply_number("m-lm-prompt-", count);
    tl_model_reset();
    tl_port_flush();
    tl_reply_lap();
    for (uint32_t i = 0; i < count; i++) step(prompt[i]);
    tl_reply_lap();
    bool ended = false;
    for (int32_t made = 0; made < limit; made++) {
        uint32_t token = tl_tensor_largest(logits());
        ended = token == tl_token_end;
        if (ended) break;
        reply_token(token);
        if (made + 1 < limit) step((uint16_t)token);
    }
    tl_reply_lap();
    tl_put_line(ended ? "m-lm-stop-[end]" : "m-lm-stop-[limit]");
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
        if ((uint32_t)hex_token(hex + i) >= tl_tensor_count(logits())) {
            tl_reply_error("Token out of range");
            return false;
        }
    }
    return true;
}

static void score(const char *hex)
{
    if (!score_is_good(hex)) return;
    for (; *hex; hex += 4) {
        step((uint16_t)hex_token(hex));
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
    if (tl_same(arguments, "reset")) {
        pending_bytes = 0;
        tl_model_reset();
    } else if (tl_same(arguments, "feed")) {
        feed(rest);
    } else if (tl_same(arguments, "generate")) {
        generate(rest);
    } else if (tl_same(arguments, "score")) {
        score(rest);
    } else {
        tl_reply_error("Command 'lm' requires a subcommand: reset, feed, generate, score");
    }
}
