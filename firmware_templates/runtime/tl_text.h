/* The tokenizer: byte-pair encoding over tables in flash, the same byte for byte as tinylm/lm/tokenizer.py. */
#ifndef TL_TEXT_H
#define TL_TEXT_H

#include <stdint.h>

enum { TL_NO_TOKEN = 0xFFFF, TL_TEXT_MAX = 256 }; /* TL_TEXT_MAX: bytes of text that are encoded at once */

typedef struct {
    uint16_t left, right, rank, result;
} tl_merge;

/* Rendered from tokenizer.json (tokenizer_data.c). */
extern const uint16_t tl_byte_token[256]; /* the token of each byte, TL_NO_TOKEN where the alphabet lacks it */
extern const tl_merge tl_merges[];        /* sorted by left, then right */
extern const uint32_t tl_merge_count;
extern const char *const tl_token_text[]; /* as shown; "" for pure control tokens */
extern const uint32_t tl_token_count;
extern const uint16_t tl_token_bos, tl_token_answer, tl_token_end; /* TL_NO_TOKEN where there is none */

/* Lower case, alphabet only, single spaces, one space in front. out: up to bytes + 1. Returns the new length. */
uint32_t tl_text_normalise(const char *text, uint32_t bytes, char *out);

/* Tokens of a text of up to TL_TEXT_MAX bytes. out: TL_TEXT_MAX + 1 entries. Returns their number. */
uint32_t tl_text_encode(const char *text, uint32_t bytes, uint16_t *out);

#endif
