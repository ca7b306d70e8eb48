/* The names of the user's home, found in normalised text: the same as tinylm/lm/home.py. */
#ifndef TL_HOME_H
#define TL_HOME_H

#include <stdint.h>

enum { TL_AREA, TL_FLOOR, TL_ENTITY, TL_KINDS };

/* Flags of a piece of text, one bit each, in the order of FLAGS in home.py: the name of a kind begins or goes on here; then domains. */
#define TL_FLAG_BEGIN(kind) (1u << 2 * (kind))
#define TL_FLAG_INSIDE(kind) (2u << 2 * (kind))

typedef struct {
    const char *name;       /* as home.toml writes it */
    uint32_t kind_and_more; /* the kind; bit 7: the next entry has the same normal form; from bit 8 on: the domains, as flags >> 6 */
} tl_home_entry;

/* Rendered (home_data.c). A node of the trie: number of letters, the letters, 16 bits little-endian each: 1 + the first entry called so
 * (0: none), bytes to the next sibling (0: none). Its children follow at once; a child's first letter differs from its siblings'. A node
 * without children is followed by 0. */
extern const uint8_t tl_home_trie[];
extern const tl_home_entry tl_home_entries[];

typedef struct {
    uint16_t start, end; /* characters of the text; end 0: nothing found */
    const tl_home_entry *entry;
    uint32_t domains; /* flags */
} tl_home_match;

/* The longest name of each kind that starts at a place of the text. Returns whether more text could make one longer. */
int tl_home_find(const char *text, uint32_t count, uint32_t at, tl_home_match longest[TL_KINDS]);

/* Start a new text; then the flags of one piece [from, to) after the other. */
void tl_home_start(void);
uint32_t tl_home_flags(const char *text, uint32_t count, uint32_t from, uint32_t to);

/* The characters at the start of the text whose flags more text cannot change. */
uint32_t tl_home_settled(const char *text, uint32_t count);

/* A word starts at a place: a letter or digit behind something else. */
int tl_home_word_start(const char *text, uint32_t at);

#endif
