#include "tl_utf8.h"

#include "tl_format.h"

static char held[3]; /* the beginning of a character */
static uint8_t count, missing, low, high; /* missing: bytes that it lacks; low, high: what the next one may be */

static void put_escaped_byte(uint8_t byte)
{
    if (byte == '\\') {
        tl_put("\\\\");
    } else if (byte >= 0x20 && byte < 0x7F) {
        tl_put_char((char)byte);
    } else {
        tl_put("\\x");
        tl_put_hex(byte, 2);
    }
}

void tl_put_escaped(const char *text, uint32_t bytes)
{
    while (bytes--) put_escaped_byte((uint8_t)*text++);
}

uint32_t tl_unescape(char *text)
{
    char *out = text;
    const char *from = text;
    while (*from) {
        if (from[0] == '\\' && from[1] == '\\') {
            *out++ = '\\';
            from += 2;
        } else if (from[0] == '\\' && from[1] == 'x' && tl_hex_digit(from[2]) >= 0 && tl_hex_digit(from[3]) >= 0) {
            *out++ = (char)(tl_hex_digit(from[2]) << 4 | tl_hex_digit(from[3]));
            from += 4;
        } else {
            *out++ = *from++;
        }
    }
    return (uint32_t)(out - text);
}

void tl_utf8_start(void)
{
    count = missing = 0;
}

static void replace(void)
{
    tl_put_escaped("\xEF\xBF\xBD", 3);
}

/* The ranges of RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF. */
static void begin(uint8_t byte)
{
    low = 0x80;
    high = 0xBF;
    count = 0;
    if (byte < 0x80) {
        put_escaped_byte(byte);
        return;
    }
    if (byte < 0xC2 || byte > 0xF4) {
        replace();
        return;
    }
    missing = byte < 0xE0 ? 1 : byte < 0xF0 ? 2 : 3;
    if (byte == 0xE0) low = 0xA0;
    if (byte == 0xED) high = 0x9F;
    if (byte == 0xF0) low = 0x90;
    if (byte == 0xF4) high = 0x8F;
    held[count++] = (char)byte;
}

void tl_utf8_put(const char *text, uint32_t bytes)
{
    for (; bytes--; text++) {
        uint8_t byte = (uint8_t)*text;
        if (!missing) {
            begin(byte);
        } else if (byte < low || byte > high) {
            missing = 0;
            replace();
            begin(byte);
        } else if (--missing) {
            held[count++] = (char)byte;
            low = 0x80;
            high = 0xBF;
        } else {
            tl_put_escaped(held, count);
            put_escaped_byte(byte);
        }
    }
}
