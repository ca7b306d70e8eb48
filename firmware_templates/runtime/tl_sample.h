/* Samplers in fixed point: the same as tinylm/lm/sample.py, which says in what order they act. */
#ifndef TL_SAMPLE_H
#define TL_SAMPLE_H

#include <stdint.h>

enum { TL_SAMPLE_MEMORY = 64, TL_SAMPLE_ALL = 0xFFFF };

/* In thousandths but top_k and seed. temperature 0: the most likely token. */
typedef struct {
    uint32_t temperature, top_k, top_p, min_p, penalty, seed;
} tl_sampling;

/* Start drawing anew. */
void tl_sample_start(void);

/* A token was fed: the repetition penalty remembers it. */
void tl_sample_saw(uint16_t token);

/* The next token by the logits of the last step. The penalty is written into them. */
uint16_t tl_sample_draw(void);

/* The console command: six numbers. */
void tl_sample_command(char *rest);

#endif
