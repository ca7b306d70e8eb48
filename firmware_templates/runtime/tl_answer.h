/* Answers that are always valid: an intent and slots that the grammar knows, with values from the text and the home; the same as
 * tinylm/lm/decode.py. */
#ifndef TL_ANSWER_H
#define TL_ANSWER_H

#include <stdint.h>

enum { TL_SLOTS_MAX = 8, TL_STATES_MAX = 256, TL_RULES_MAX = 32 };
enum { TL_CLOSED, TL_TEXT, TL_NUMBER, TL_NAME_AREA, TL_NAME_FLOOR, TL_NAME_ENTITY };

typedef struct {
    uint8_t kind;    /* what the value is; TL_CLOSED: the token says it */
    uint8_t decimals; /* of a number: one is allowed */
    uint32_t flags;  /* of a name: one of these must be in the text */
    int32_t low, high; /* of a number, in tenths */
} tl_rule;

typedef struct {
    uint16_t token;
    uint8_t rule, next; /* next: a state before this one; 0: the answer is complete */
} tl_edge;

/* Rendered (grammar_data.c). Edges of state s: first[s] to first[s + 1]; the last state is the start. */
typedef struct {
    const tl_rule *rules;
    const tl_edge *edges;
    const uint16_t *first;
    uint16_t states;
    uint8_t rule_count, depth; /* depth: tokens of the longest answer */
    uint16_t none;             /* the token of the intent `none` */
    uint32_t threshold;        /* of the confidence, 0 to 65536 */
} tl_answer_grammar;
extern const tl_answer_grammar tl_grammar;

typedef struct {
    uint16_t token;      /* closed, or the key of a value */
    const char *value;   /* NULL for a closed token */
    uint16_t bytes;
} tl_slot;

typedef struct {
    uint16_t intent; /* token; `none` below the threshold, with no slots */
    uint32_t confidence; /* 0 to 65536 */
    uint32_t steps;  /* tokens that were fed */
    uint32_t count;
    tl_slot slots[TL_SLOTS_MAX];
} tl_answer;

/* Decode the text in tl_read; the answer token was fed. */
void tl_answer_decode(tl_answer *answer);

/* The console command. */
void tl_answer_command(char *rest);

#endif
