/* Kernels for cores with the vector extension (MVE, Helium). Nothing has to be proved of the weights. */
#ifndef TL_VECTOR_H
#define TL_VECTOR_H

#include "tl_conv.h"

/* weights: [outputs][depth]. multiplier, shift: one for all, or per_channel = 1 one an output. */
typedef struct {
    const int8_t *weights;
    const int32_t *bias, *multiplier;
    const int8_t *shift;
    int32_t per_channel, depth, outputs;
    int32_t output_zero_point, low, high;
} tl_vector_rows;
/* All rows times one vector of activations. */
void tl_vector_times(const tl_vector_rows *p, const int8_t *x, int8_t *y);
/* `count` sums, of the outputs from n on -> y; sums for whole groups of four. */
void tl_vector_finish(const tl_vector_rows *p, const int32_t *sums, int32_t n, int32_t count, int8_t *y);

typedef struct {
    tl_vector_rows rows;
    int32_t batches;
} tl_fc_vector;
void tl_fc_vector_s8(const tl_fc_vector *p, const int8_t *x, int8_t *y);
/* Weights in -8 .. 7, packed as compiler/packing/nibble_vectors.py has it. scratch: depth, rounded up to 32. */
void tl_fc_nibble_vectors_s8(const tl_fc_vector *p, const int8_t *x, int8_t *y, void *scratch);

/* One group. direct: a window is one run of x, never beside it. contiguous: no dilation in x. scratch: a window, none where direct. */
typedef struct {
    tl_window window;
    tl_vector_rows rows;
    int32_t direct, contiguous, input_zero_point;
} tl_conv_vector;
void tl_conv_vector_s8(const tl_conv_vector *p, const int8_t *x, int8_t *y, void *scratch);

/* Depthwise with a depth multiplier of 1. scratch: a pointer for every tap, then a byte for every channel. */
void tl_depthwise_vector_s8(const tl_depthwise *p, const int8_t *x, int8_t *y, void *scratch);

#endif
