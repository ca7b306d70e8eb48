#include "tl_console.h"

#include <stdbool.h>

#include "model.h"
#include "tl_bench.h"
#include "tl_format.h"
#include "tl_info.h"
#include "tl_lm.h"
#include "tl_port.h"
#include "tl_tensor.h"
#include "tl_wire.h"

enum { LINE_MAX_BYTES = 80, WARMUPS = 10, EDGE_MICROS = 100 };

static char line[LINE_MAX_BYTES + 1];
static uint32_t line_bytes;
static bool line_too_long;
static int held = -1; /* a byte that came while a command ran */

void tl_reply_number(const char *prefix, uint64_t value)
{
    tl_put(prefix);
    tl_put_u64(value);
    tl_end_line();
}

void tl_reply_error(const char *text)
{
    tl_put("e-[");
    tl_put(text);
    tl_put_line("]");
}

#if TL_ENERGY
/* A falling edge that a power monitor records: it must last 1 us at least (eembc/energyrunner), here long enough for any filter. */
void tl_reply_lap(void)
{
    tl_port_pin(0);
    uint64_t start = tl_port_micros();
    while (tl_port_micros() - start < EDGE_MICROS) {}
    tl_port_pin(1);
}
#else
void tl_reply_lap(void)
{
    tl_reply_number("m-lap-us-", tl_port_micros());
}
#endif

/* Cut the first word off *rest, skipping spaces. Returns "" when there is none. */
static char *next_word(char **rest)
{
    char *word = *rest;
    while (*word == ' ') word++;
    char *end = word;
    while (*end && *end != ' ') end++;
    *rest = *end ? end + 1 : end;
    *end = '\0';
    return word;
}

/* Byte `index` of `count` as a part of `prefix-01-02-...`, a number of them to a line. */
static void reply_byte(const char *prefix, uint8_t byte, uint32_t index, uint32_t count, uint32_t per_line)
{
    if (index % per_line == 0) tl_put(prefix);
    tl_put_char('-');
    tl_put_hex(byte, 2);
    if (index % per_line == per_line - 1 || index == count - 1) tl_end_line();
}

static void run_name(char *rest)
{
    (void)rest;
    tl_put("m-name-dut-[");
    tl_put(tl_dut_name);
    tl_put_line("]");
}

static void run_profile(char *rest)
{
    (void)rest;
    tl_put_line("m-profile-[ULPMark for tinyML Firmware V0.0.1]");
    tl_put("m-model-[");
    tl_put(tl_profile_id);
    tl_put_line("]");
}

static void run_timestamp(char *rest)
{
    (void)rest;
    tl_reply_lap();
}

static void db_load(const char *number)
{
    int32_t bytes = 0;
    if (!*number) {
        tl_reply_error("Command 'db load' requires the # of bytes");
    } else if (!tl_parse_int(number, &bytes) || bytes <= 0) {
        tl_reply_error("Command 'db load' must be >0 bytes");
    } else if ((uint32_t)bytes > tl_wire_limit()) {
        tl_put("e-[Command 'db load' must be <=");
        tl_put_u64(tl_wire_limit());
        tl_put_line(" bytes]");
    } else {
        tl_wire_begin((uint32_t)bytes);
        tl_put("m-[Expecting ");
        tl_put_u64((uint64_t)bytes);
        tl_put_line(" bytes]");
    }
}

/* A line of data. Nothing of it is stored unless all of it is good: the sender can repeat the line. */
static void db_data(const char *hex)
{
    uint32_t digits = tl_length(hex);
    for (uint32_t i = 0; i + 1 < digits; i += 2) {
        if (tl_hex_digit(hex[i]) < 0 || tl_hex_digit(hex[i + 1]) < 0) {
            tl_put("e-[Invalid hex digit '");
            tl_put_clean(hex + i, 2);
            tl_put_line("']");
            return;
        }
    }
    if (digits % 2 != 0) {
        tl_reply_error("Insufficent number of hex digits");
        return;
    }
    if (digits / 2 > tl_wire_missing()) {
        tl_reply_error(tl_wire_expected() ? "More bytes than expected" : "Command 'db load' must come first");
        return;
    }
    for (uint32_t i = 0; i < digits; i += 2) tl_wire_put((uint8_t)(tl_hex_digit(hex[i]) << 4 | tl_hex_digit(hex[i + 1])));
    if (tl_wire_missing() == 0) tl_put_line("m-load-done");
}

static void run_db(char *rest)
{
    char *word = next_word(&rest);
    if (!*word)
        tl_reply_error("Command 'db' requires a subcommand");
    else if (tl_same(word, "load"))
        db_load(next_word(&rest));
    else if (tl_same(word, "print"))
        for (uint32_t i = 0; i < tl_wire_received(); i++) reply_byte("m-buffer", tl_wire_byte(i), i, tl_wire_received(), 8);
    else
        db_data(word);
}

static void run_results(char *rest)
{
    (void)rest;
    uint32_t count = tl_tensor_count(&tl_outputs[0]);
    float error;
    tl_put("m-results-[");
    if (tl_wire_error(&error)) {
        tl_put_fixed3(error);
        count = 0;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (i) tl_put_char(',');
        tl_put_fixed3(tl_tensor_real(&tl_outputs[0], i));
    }
    tl_put_line("]");
}

static void infer_once(void)
{
    tl_wire_fill();
    tl_model_invoke();
}

static void run_infer(char *rest)
{
    int32_t count = 0, warmups = WARMUPS;
    if (!tl_parse_int(next_word(&rest), &count) || count <= 0) {
        tl_reply_error("Inference iterations must be >0");
        return;
    }
    const char *word = next_word(&rest);
    if (*word && (!tl_parse_int(word, &warmups) || warmups < 0)) {
        tl_reply_error("Inference warmup must be >=0");
        return;
    }
    tl_reply_number("m-warmup-start-", (uint64_t)warmups);
    tl_lm_disturb();
    tl_model_reset();
    tl_wire_prepare();
    while (warmups--) infer_once();
    tl_put_line("m-warmup-done");
    tl_reply_number("m-infer-start-", (uint64_t)count);
    tl_model_reset(); /* the result must not depend on the warm-ups, even where the model has state */
    tl_port_flush();
    tl_reply_lap();
    while (count--) infer_once();
    tl_reply_lap();
    tl_put_line("m-infer-done");
    run_results(rest);
}

static void run_output(char *rest)
{
    int32_t index = 0;
    if (!tl_parse_int(next_word(&rest), &index) || index < 0 || index >= TL_OUTPUT_COUNT) {
        tl_put("e-[Output must be >=0 and <");
        tl_put_u64(TL_OUTPUT_COUNT);
        tl_put_line("]");
        return;
    }
    const uint8_t *bytes = tl_outputs[index].data;
    uint32_t count = tl_outputs[index].bytes;
    for (uint32_t i = 0; i < count; i++) reply_byte("m-output", bytes[i], i, count, 32);
}

static void run_build(char *rest)
{
    (void)rest;
    tl_put("m-build-[");
    tl_put(tl_build_id);
    tl_put_line("]");
}

static void run_stack(char *rest)
{
    (void)rest;
    tl_reply_number("m-stack-used-", tl_stack_used());
    tl_reply_number("m-stack-size-", tl_stack_size());
    tl_put_line(tl_arena_intact() ? "m-arena-[ok]" : "m-arena-[overrun]");
}

static void run_help(char *rest);

typedef struct {
    const char *name;
    void (*run)(char *rest); /* rest: what follows the name and one space */
    const char *help;
} command;

static const command commands[] = {
    {"name", run_name, "name: who this is"},
    {"profile", run_profile, "profile: protocol version and model id"},
    {"timestamp", run_timestamp, "timestamp: microseconds since the start"},
    {"db", run_db, "db load N: expect N bytes of input; db HEX: some of them; db print: show them"},
    {"infer", run_infer, "infer N [W]: W warm-ups (10 unless told), then N inferences, timed"},
    {"results", run_results, "results: the first output, dequantised"},
    {"output", run_output, "output K: the raw bytes of output K"},
    {"lm", tl_lm_command, "lm reset | feed TEXT | generate N | sampler ... | keep | answer | score HEX: the language model"},
    {"stack", run_stack, "stack: stack in use at most, its size, state of the arena"},
    {"build", run_build, "build: id of this image"},
    {"help", run_help, "help: this text"},
};

enum { COMMANDS = sizeof commands / sizeof *commands };

static void run_help(char *rest)
{
    (void)rest;
    for (uint32_t i = 0; i < COMMANDS; i++) tl_put_line(commands[i].help);
}

/* A guarded command is "#CCCCCCCCNN COMMAND": C the CRC-32 of "NN COMMAND", NN a number. It runs only if it came whole and is not the
   one that ran last, so that its sender may repeat it; its answer ends with a check of its own. See docs/protocol.md. */
enum { GUARD_CRC = 1, GUARD_NUMBER = 9, GUARD_SPACE = 11, GUARD_BYTES = 12 };

static int32_t last_number;    /* of the guarded command that ran last, -1: none */
static uint32_t guarded_count; /* since the start: it tells a sender that the device was reset meanwhile */
static bool guarded;

static uint32_t hex_number(const char *digits, int count, bool *good)
{
    uint32_t value = 0;
    for (int i = 0; i < count; i++) {
        int digit = tl_hex_digit(digits[i]);
        *good = *good && digit >= 0;
        value = value << 4 | ((uint32_t)digit & 15u);
    }
    return value;
}

/* Whether the line may run; *rest is then the command in it. */
static bool open_guard(char **rest)
{
    bool good = tl_length(line) >= GUARD_BYTES && line[GUARD_SPACE] == ' ';
    uint32_t crc = good ? hex_number(line + GUARD_CRC, 8, &good) : 0;
    int32_t number = good ? (int32_t)hex_number(line + GUARD_NUMBER, 2, &good) : 0;
    if (!good || crc != tl_crc32(0, line + GUARD_NUMBER, tl_length(line + GUARD_NUMBER))) {
        tl_reply_error("Damaged command");
        return false;
    }
    guarded = true;
    tl_check_start(crc);
    if (number == last_number) {
        tl_reply_error("Repeated command");
        return false;
    }
    last_number = number;
    guarded_count++;
    *rest = line + GUARD_BYTES;
    return true;
}

static void close_guard(void)
{
    guarded = false;
    tl_put("m-check-");
    tl_put_hex((uint32_t)last_number, 2);
    tl_put_char('-');
    tl_put_hex(guarded_count, 8);
    uint32_t crc = tl_check_stop();
    tl_put_char('-');
    tl_put_hex(crc, 8);
    tl_end_line();
}

static void run_line(void)
{
    char *rest = line;
    if (*line == '#' && !open_guard(&rest)) return;
    const char *word = next_word(&rest);
    for (uint32_t i = 0; i < COMMANDS; i++) {
        if (tl_same(word, commands[i].name)) {
            commands[i].run(rest);
            return;
        }
    }
    tl_put("e-[Unknown command: ");
    tl_put_clean(word, tl_length(word));
    tl_put_line("]");
}

bool tl_console_interrupted(void)
{
    while (held < 0) {
        int byte = tl_port_read_byte();
        if (byte < 0) return false;
        if (byte != '\r' && byte != '\n') held = byte;
    }
    return true;
}

static void take(uint8_t byte)
{
    if (byte == '\r' || byte == '\n') return;
    if (byte != '%') {
        if (line_bytes == LINE_MAX_BYTES)
            line_too_long = true;
        else
            line[line_bytes++] = byte ? (char)byte : '?'; /* a NUL would hide what follows it */
        return;
    }
    line[line_bytes] = '\0';
    if (line_too_long)
        tl_reply_error("Command longer than 80 characters");
    else
        run_line();
    if (guarded) close_guard();
    line_bytes = 0;
    line_too_long = false;
    tl_put_line("m-ready");
}

void tl_console_byte(uint8_t byte)
{
    take(byte);
    if (held < 0) return;
    byte = (uint8_t)held;
    held = -1;
    take(byte);
}

void tl_console_start(void)
{
    line_bytes = 0;
    line_too_long = false;
    last_number = -1;
    guarded_count = 0;
    tl_wire_begin(0);
#if TL_ENERGY
    tl_port_pin(1);
    tl_put_line("m-timestamp-mode-energy");
#else
    tl_put_line("m-timestamp-mode-performance");
#endif
    tl_reply_lap();
    tl_lm_start();
    tl_model_reset();
    tl_put_line("m-init-done");
    tl_put_line("m-ready");
}
