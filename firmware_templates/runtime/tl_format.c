#include "tl_format.h"

#include "tl_port.h"
#include "tl_tensor.h"

enum { BUFFER_BYTES = 64 };

static char buffer[BUFFER_BYTES];
static uint32_t filled;
static bool checking;
static uint32_t check, checked; /* checked: bytes of the buffer that are in the check already */

static void send(void)
{
    if (checking) check = tl_crc32(check, buffer + checked, filled - checked);
    checked = 0;
    tl_port_write(buffer, filled);
    filled = 0;
}

void tl_put_char(char c)
{
    if (filled == BUFFER_BYTES) send();
    buffer[filled++] = c;
}

void tl_put(const char *text)
{
    while (*text) tl_put_char(*text++);
}

void tl_put_clean(const char *text, uint32_t bytes)
{
    for (uint32_t i = 0; i < bytes; i++) {
        uint8_t c = (uint8_t)text[i];
        tl_put_char(c < 0x20 || c > 0x7E ? '?' : (char)c);
    }
}

/* Long division in 16-bit digits: a 64-bit division would bring 1.5 KB of library along. */
static uint32_t divide_by_ten(uint32_t number[2])
{
    uint32_t rest = 0;
    for (int i = 0; i < 2; i++) {
        uint32_t high = rest << 16 | number[i] >> 16;
        uint32_t low = (high % 10u) << 16 | (number[i] & 0xFFFFu);
        number[i] = (high / 10u) << 16 | low / 10u;
        rest = low % 10u;
    }
    return rest;
}

void tl_put_u64(uint64_t value)
{
    uint32_t number[2] = {(uint32_t)(value >> 32), (uint32_t)value};
    char digits[20]; /* 2^64 - 1 has 20 */
    uint32_t count = 0;
    do {
        digits[count++] = (char)('0' + (int)divide_by_ten(number));
    } while (number[0] | number[1]);
    while (count) tl_put_char(digits[--count]);
}

void tl_put_hex(uint32_t value, int digits)
{
    while (digits--) tl_put_char("0123456789ABCDEF"[(value >> (4 * digits)) & 15u]);
}

void tl_put_fixed3(float value)
{
    if (value != value) {
        tl_put("nan");
        return;
    }
    float size = value < 0 ? -value : value;
    if (size >= 9223372036854775808.0f) {
        tl_put(value < 0 ? "-inf" : "inf");
        return;
    }
    /* The difference is exact: both have the same exponent or the result is smaller than either. */
    uint64_t whole = (uint64_t)size;
    uint32_t thousandths = (uint32_t)((size - (float)whole) * 1000.0f + 0.5f);
    if (thousandths == 1000) {
        whole++;
        thousandths = 0;
    }
    if (value < 0 && (whole || thousandths)) tl_put_char('-');
    tl_put_u64(whole);
    tl_put_char('.');
    tl_put_char((char)('0' + (int)(thousandths / 100)));
    tl_put_char((char)('0' + (int)(thousandths / 10 % 10)));
    tl_put_char((char)('0' + (int)(thousandths % 10)));
}

void tl_end_line(void)
{
    tl_put("\r\n");
    send();
}

void tl_put_line(const char *text)
{
    tl_put(text);
    tl_end_line();
}

void tl_check_start(uint32_t seed)
{
    checking = true;
    check = seed;
    checked = filled;
}

uint32_t tl_check_stop(void)
{
    checking = false;
    check = tl_crc32(check, buffer + checked, filled - checked);
    checked = 0;
    return check;
}

bool tl_parse_int(const char *text, int32_t *value)
{
    bool negative = *text == '-';
    if (negative) text++;
    if (!*text) return false;
    int64_t sum = 0;
    for (; *text; text++) {
        if (*text < '0' || *text > '9') return false;
        sum = sum * 10 + (*text - '0');
        if (sum > INT32_MAX) sum = INT32_MAX;
    }
    *value = (int32_t)(negative ? -sum : sum);
    return true;
}

int tl_hex_digit(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

bool tl_same(const char *a, const char *b)
{
    while (*a && *a == *b) a++, b++;
    return *a == *b;
}

uint32_t tl_length(const char *text)
{
    uint32_t count = 0;
    while (text[count]) count++;
    return count;
}
