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

/* Rewrites normalised text in place and returns its new length, and says whether more text could change what the last word becomes; NULL
 * where the tokenizer wants neither. */
extern uint32_t (*const tl_text_rewrite)(char *text, uint32_t count);
extern int (*const tl_text_open)(const char *text, uint32_t count);

/* Text is taken as it is, a space in front, and encoded all at once (merges reach over spaces): tinylm/lm/byte_tokenizer.py. */
extern const int tl_text_whole;

/* Lower case, alphabet only, single spaces, one space in front; or whole. out: up to bytes + 1. Returns the new length. */
uint32_t tl_text_normalise(const char *text, uint32_t bytes, char *out);

/* Tokens of normalised text. out: an entry for each byte. Returns their number. No merge reaches over a space, so that words can be
 * encoded one by one. */
uint32_t tl_text_merge(const char *normal, uint32_t bytes, uint16_t *out);

/* Number words to digits, as tinylm/lm/numbers.py does it: for tl_text_rewrite and tl_text_open. */
uint32_t tl_numbers(char *text, uint32_t count);
int tl_numbers_open(const char *text, uint32_t count);

#endif
