#include "tl_text.h"

static const char *const small[] = {
    "zero",    "one",     "two",       "three",    "four",     "five",   "six",    "seven",   "eight",  "nine",
    "ten",     "eleven",  "twelve",    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
    "twenty",  "thirty",  "forty",     "fifty",    "sixty",    "seventy", "eighty", "ninety",
};
enum { SMALL = sizeof small / sizeof *small, NO_VALUE = -1 };

/* A text while it is read. Every rule takes the place of the space or hyphen in front of its first word. */
typedef struct {
    const char *text;
    uint32_t count;
} reader;

typedef struct {
    int32_t value; /* NO_VALUE: nothing found */
    uint32_t behind;
} found;

static int is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '\'';
}

/* Length of the word behind the space or hyphen at a place; 0 where there is none. */
static uint32_t word_bytes(const reader *in, uint32_t at)
{
    uint32_t end = at + 1;
    if (at >= in->count || (in->text[at] != ' ' && in->text[at] != '-')) return 0;
    while (end < in->count && is_word(in->text[end])) end++;
    return end - at - 1;
}

static int word_is(const reader *in, uint32_t at, const char *word)
{
    uint32_t bytes = word_bytes(in, at), i = 0;
    for (; i < bytes; i++)
        if (word[i] == '\0' || in->text[at + 1 + i] != word[i]) return 0;
    return bytes > 0 && word[i] == '\0';
}

static int32_t value_of(const reader *in, uint32_t at)
{
    for (int32_t i = 0; i < SMALL; i++)
        if (word_is(in, at, small[i])) return i < 20 ? i : 10 * (i - 18);
    return NO_VALUE;
}

static found read_small(const reader *in, uint32_t at)
{
    found got = {value_of(in, at), at};
    if (got.value == NO_VALUE) return got;
    got.behind += 1 + word_bytes(in, at);
    int32_t unit = got.value >= 20 ? value_of(in, got.behind) : 0;
    if (unit >= 1 && unit <= 9) {
        got.value += unit;
        got.behind += 1 + word_bytes(in, got.behind);
    }
    return got;
}

/* What stands in front of "hundred" or "thousand" without being a number itself: nothing or "a". */
static int bare(const reader *in, uint32_t at, const char *word, found *got)
{
    uint32_t place = word_is(in, at, "a") ? at + 2 : at;
    if (!word_is(in, place, word)) return 0;
    got->value = 1;
    got->behind = place;
    return 1;
}

static found read_hundreds(const reader *in, uint32_t at)
{
    found got;
    if (!bare(in, at, "hundred", &got)) got = read_small(in, at);
    if (got.value <= 0 || !word_is(in, got.behind, "hundred")) return got;
    got.value *= 100;
    got.behind += sizeof " hundred" - 1;
    found more = read_small(in, got.behind + (word_is(in, got.behind, "and") ? 4 : 0));
    if (more.value == NO_VALUE) return got;
    more.value += got.value;
    return more;
}

static found read_whole(const reader *in, uint32_t at)
{
    found got;
    if (!bare(in, at, "thousand", &got)) got = read_hundreds(in, at);
    if (got.value <= 0 || got.value >= 1000 || !word_is(in, got.behind, "thousand")) return got;
    got.value *= 1000;
    got.behind += sizeof " thousand" - 1;
    uint32_t next = got.behind + (word_is(in, got.behind, "and") ? 4 : 0);
    found more = {NO_VALUE, 0};
    if (!word_is(in, next, "a")) more = read_hundreds(in, next);
    if (more.value == NO_VALUE || more.value >= 1000) return got;
    more.value += got.value;
    return more;
}

static uint32_t put_number(char *out, int32_t value)
{
    char digits[10];
    uint32_t count = 0;
    do digits[count++] = (char)('0' + value % 10);
    while (value /= 10);
    for (uint32_t i = 0; i < count; i++) out[i] = digits[count - 1 - i];
    return count;
}

static int is_digit_word(int32_t value)
{
    return value >= 0 && value <= 9;
}

/* The output never overtakes the input: a number has fewer digits than its words have letters. */
uint32_t tl_numbers(char *text, uint32_t count)
{
    const reader in = {text, count};
    uint32_t at = 0, out = 0;
    while (at < count) {
        found got = {NO_VALUE, 0};
        if (text[at] == ' ' || text[at] == '-') got = read_whole(&in, at);
        text[out++] = text[at++];
        if (got.value == NO_VALUE) continue;
        int point = word_is(&in, got.behind, "point"); /* looked at before the digits are written */
        out += put_number(text + out, got.value);
        at = got.behind;
        if (!point || !is_digit_word(value_of(&in, at + 6))) continue;
        text[out++] = '.';
        at += sizeof " point" - 1;
        for (int32_t digit = value_of(&in, at); is_digit_word(digit); digit = value_of(&in, at)) {
            at += 1 + word_bytes(&in, at);
            text[out++] = (char)('0' + digit);
        }
    }
    return out;
}

/* Whether the last word of a text, or the last part of it behind a hyphen, may be part of a longer number. */
int tl_numbers_open(const char *text, uint32_t count)
{
    static const char *const others[] = {"hundred", "thousand", "and", "point", "a"};
    uint32_t at = count;
    while (at > 0 && is_word(text[at - 1])) at--;
    if (at == 0 || at == count) return 0;
    const reader in = {text, count};
    if (value_of(&in, at - 1) != NO_VALUE) return 1;
    for (uint32_t i = 0; i < sizeof others / sizeof *others; i++)
        if (word_is(&in, at - 1, others[i])) return 1;
    return 0;
}
