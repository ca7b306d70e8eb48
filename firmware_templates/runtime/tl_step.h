/* One token through the language model: its inputs and outputs are found by the names in the bundle's manifest. */
#ifndef TL_STEP_H
#define TL_STEP_H

#include "tl_tensor.h"

enum { TL_NOWHERE = 0xFF };

/* Rendered (language_data.c). Places in tl_inputs and tl_outputs, TL_NOWHERE for what the model lacks. */
typedef struct {
    uint8_t token, position, flags;
    uint8_t logits, start, end;
    uint16_t first_logit;      /* the token of logit 0 */
    uint16_t window;           /* steps from a reset at most; 0: any number */
    const uint8_t *flag_order; /* for each column of the input `flags`: the bit of a piece's flags */
} tl_language_ends;
extern const tl_language_ends tl_language;

/* Steps since the reset. */
uint32_t tl_step_position(void);

/* Whether so many more steps fit the window. */
int tl_step_room(uint32_t steps);

void tl_step_reset(void);

/* The state came from elsewhere; it is that of so many steps. */
void tl_step_go_on(uint32_t steps);

void tl_step(uint16_t token, uint32_t flags);

const tl_io *tl_logits(void);

#endif
