#include "tl_read.h"

#include "tl_format.h"
#include "tl_step.h"

tl_reading tl_read;

static char fed[TL_TEXT_MAX];
static uint32_t fed_bytes, done; /* done: characters of tl_read.text that the model has read */
static int started, cramped;

void tl_read_reset(void)
{
    fed_bytes = 0;
    started = 0;
}

void tl_read_again(void)
{
    started = 0;
}

uint32_t tl_read_pending(void)
{
    return fed_bytes;
}

void tl_read_bos(void)
{
    tl_step_reset();
    if (tl_token_bos != TL_NO_TOKEN) tl_step(tl_token_bos, 0);
}

/* A new text: what was generated behind the last one is forgotten. */
static void start(void)
{
    done = tl_read.pieces = tl_read.flags = 0;
    started = 1;
    cramped = 0;
    if (tl_names.start) tl_names.start();
    if (tl_read_begin)
        tl_read_begin();
    else
        tl_read_bos();
}

/* The last byte that counts ended a word. */
static int word_ended(void)
{
    uint32_t at = fed_bytes;
    while (at > 0 && tl_byte_token[(uint8_t)fed[at - 1] | (fed[at - 1] >= 'A' && fed[at - 1] <= 'Z' ? 0x20 : 0)] == TL_NO_TOKEN) at--;
    return at > 0 && fed[at - 1] == ' ';
}

static uint32_t word_start(uint32_t end)
{
    while (end > 0 && tl_read.text[end - 1] != ' ') end--;
    return end > 0 ? end - 1 : 0; /* a word begins with its space */
}

/* Bring tl_read.text up to date; the characters of it that no further text can change. */
static uint32_t settle(int final)
{
    char *text = tl_read.text;
    uint32_t count = tl_text_normalise(fed, fed_bytes, text);
    if (tl_text_whole) return tl_read.count = final ? count : 0;
    if (!final) {
        if (!word_ended()) count = word_start(count);
        while (tl_text_open && count && tl_text_open(text, count)) count = word_start(count);
    }
    if (tl_text_rewrite) count = tl_text_rewrite(text, count);
    tl_read.count = count;
    if (final || !tl_names.settled) return count;
    text[count] = ' '; /* what follows in any case: it ends the name of one word that is no beginning of a longer one */
    uint32_t settled = tl_names.settled(text, count + 1);
    return settled > count ? count : word_start(settled);
}

static void read_word(uint32_t from, uint32_t to)
{
    static uint16_t tokens[TL_TEXT_MAX + 1]; /* static: the stack is small */
    uint32_t count = tl_text_merge(tl_read.text + from, to - from, tokens);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t bytes = tl_length(tl_token_text[tokens[i]]), flags = 0;
        if (tl_names.flags) flags = tl_names.flags(tl_read.text, tl_read.count, from, from + bytes);
        from += bytes;
        cramped |= !tl_step_room(1);
        if (cramped) return;
        tl_read.piece[tl_read.pieces++] = (uint8_t)bytes;
        tl_read.flags |= flags;
        tl_step(tokens[i], flags);
    }
}

static void read_on(int final)
{
    if (!started) start();
    uint32_t limit = settle(final);
    while (done < limit) {
        uint32_t end = done + 1;
        while (end < limit && (tl_text_whole || tl_read.text[end] != ' ')) end++;
        read_word(done, end);
        done = end;
    }
}

int tl_read_feed(const char *text, uint32_t bytes)
{
    if (bytes > TL_TEXT_MAX - fed_bytes) return TL_READ_FULL;
    memcpy(fed + fed_bytes, text, bytes);
    fed_bytes += bytes;
    read_on(0);
    return TL_READ_OK;
}

int tl_read_all(void)
{
    read_on(1);
    tl_read_reset();
    return !cramped;
}

int tl_read_finish(uint32_t more, tl_prompt *prompt)
{
    prompt->ahead = started ? tl_step_position() : 0;
    if (!tl_read_all() || !tl_step_room(1 + more)) return TL_READ_WINDOW;
    if (tl_token_answer != TL_NO_TOKEN) tl_step(tl_token_answer, 0);
    prompt->steps = tl_step_position();
    return TL_READ_OK;
}
