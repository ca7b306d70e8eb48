#include "tl_text.h"

#include "tl_types.h"

uint32_t tl_text_normalise(const char *text, uint32_t bytes, char *out)
{
    uint32_t count = 0;
    if (tl_text_whole) {
        if (bytes) out[count++] = ' ';
        memcpy(out + count, text, bytes);
        return count + bytes;
    }
    int space = 1; /* the next character needs a space before it: the first always has one */
    for (uint32_t i = 0; i < bytes; i++) {
        char c = text[i];
        if (c >= 'A' && c <= 'Z') c = (char)(c + ('a' - 'A'));
        if (tl_byte_token[(uint8_t)c] == TL_NO_TOKEN) continue;
        if (c == ' ') {
            space = 1;
            continue;
        }
        if (space) out[count++] = ' ';
        space = 0;
        out[count++] = c;
    }
    return count;
}

/* The merge of two neighbours, or none: binary search. */
static const tl_merge *find(uint16_t left, uint16_t right)
{
    uint32_t low = 0, high = tl_merge_count;
    uint32_t key = (uint32_t)left << 16 | right;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        const tl_merge *merge = &tl_merges[middle];
        uint32_t found = (uint32_t)merge->left << 16 | merge->right;
        if (found == key) return merge;
        if (found < key)
            low = middle + 1;
        else
            high = middle;
    }
    return 0;
}

/* Bytes of the UTF-8 character that begins with this one. */
static uint32_t length_of(uint8_t first)
{
    return first < 0xC0 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
}

/* The token of a character of several bytes, or none. */
static uint16_t character(const char *text, uint32_t bytes)
{
    for (uint32_t id = 0; id < tl_token_count; id++) {
        const char *token = tl_token_text[id];
        uint32_t same = 0;
        while (same < bytes && token[same] == text[same]) same++;
        if (same == bytes && token[bytes] == '\0') return (uint16_t)id;
    }
    return TL_NO_TOKEN;
}

/* Tokens of single characters: of their bytes where they have none. */
static uint32_t split(const char *text, uint32_t bytes, uint16_t *out)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < bytes;) {
        uint32_t length = length_of((uint8_t)text[i]);
        uint16_t token = length > 1 && i + length <= bytes ? character(text + i, length) : TL_NO_TOKEN;
        out[count++] = token == TL_NO_TOKEN ? tl_byte_token[(uint8_t)text[i]] : token;
        i += token == TL_NO_TOKEN ? 1 : length;
    }
    return count;
}

uint32_t tl_text_merge(const char *normal, uint32_t bytes, uint16_t *out)
{
    uint32_t count = split(normal, bytes, out);
    for (;;) {
        const tl_merge *best = 0;
        uint32_t place = 0;
        for (uint32_t i = 0; i + 1 < count; i++) {
            const tl_merge *merge = find(out[i], out[i + 1]);
            if (merge && (!best || merge->rank < best->rank)) {
                best = merge;
                place = i;
            }
        }
        if (!best) return count;
        out[place] = best->result;
        count--;
        for (uint32_t i = place + 1; i < count; i++) out[i] = out[i + 1];
    }
}
