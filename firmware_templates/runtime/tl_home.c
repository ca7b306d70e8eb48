#include "tl_home.h"

static tl_home_match current[TL_KINDS]; /* the name of each kind that was begun last */

static int is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

int tl_home_word_start(const char *text, uint32_t at)
{
    return is_letter(text[at]) && !(at > 0 && is_letter(text[at - 1]));
}

static uint32_t half(const uint8_t *bytes)
{
    return bytes[0] | (uint32_t)bytes[1] << 8;
}

static uint32_t domains_of(const tl_home_entry *entry)
{
    return entry->kind_and_more >> 8 << 2 * TL_KINDS;
}

/* Take what is called so: entries of one kind stand together, the first gives the name, all give their domains. */
static void take(const tl_home_entry *entry, uint32_t start, uint32_t end, tl_home_match longest[TL_KINDS])
{
    for (;; entry++) {
        tl_home_match *match = &longest[entry->kind_and_more & 3u];
        if (match->end != end) *match = (tl_home_match){(uint16_t)start, (uint16_t)end, entry, 0};
        match->domains |= domains_of(entry);
        if (!(entry->kind_and_more & 0x80u)) return;
    }
}

int tl_home_find(const char *text, uint32_t count, uint32_t at, tl_home_match longest[TL_KINDS])
{
    const uint8_t *node = tl_home_trie;
    uint32_t start = at;
    for (int kind = 0; kind < TL_KINDS; kind++) longest[kind].end = 0;
    while (node[0]) {
        if (at == count) return 1;
        const uint8_t *letters = node + 1, *tail = letters + node[0];
        if (*letters != (uint8_t)text[at]) {
            if (!half(tail + 2)) return 0;
            node = tail + 4 + half(tail + 2);
            continue;
        }
        for (; letters < tail; letters++, at++) {
            if (at == count) return 1;
            if (*letters != (uint8_t)text[at]) return 0;
        }
        if (half(tail) && (at == count || !is_letter(text[at]))) take(&tl_home_entries[half(tail) - 1], start, at, longest);
        node = tail + 4;
    }
    return 0;
}

void tl_home_start(void)
{
    for (int kind = 0; kind < TL_KINDS; kind++) current[kind].end = 0;
}

uint32_t tl_home_flags(const char *text, uint32_t count, uint32_t from, uint32_t to)
{
    uint32_t flags = 0;
    for (uint32_t at = from; at < to; at++) {
        tl_home_match longest[TL_KINDS];
        int starts = tl_home_word_start(text, at);
        if (starts) tl_home_find(text, count, at, longest);
        for (int kind = 0; kind < TL_KINDS; kind++) {
            if (starts && longest[kind].end && at >= current[kind].end) current[kind] = longest[kind];
            if (at >= current[kind].end) continue;
            flags |= current[kind].start >= from ? TL_FLAG_BEGIN(kind) : TL_FLAG_INSIDE(kind);
            flags |= current[kind].domains;
        }
    }
    return flags;
}

uint32_t tl_home_settled(const char *text, uint32_t count)
{
    for (uint32_t at = 0; at < count; at++) {
        tl_home_match longest[TL_KINDS];
        if (tl_home_word_start(text, at) && tl_home_find(text, count, at, longest)) return at;
    }
    return count;
}
