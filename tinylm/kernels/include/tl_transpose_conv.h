/* Transposed convolution: y[n] = requantize(bias[n] + sum of weights[n][tap][channel] * (x - input_zero_point)) over all x whose
 * window, laid on the output at stride * position - pad, covers y. weights: int8 [out][height][width][in]. */
#ifndef TL_TRANSPOSE_CONV_H
#define TL_TRANSPOSE_CONV_H

#include "tl_window.h"

typedef struct {
    tl_window window;
    const int8_t *weights;
    const void *bias; /* int32; int64 for int16 activations */
    const int32_t *multiplier;
    const int8_t *shift;
    int32_t per_channel, input_zero_point, output_zero_point, low, high;
} tl_transpose_conv;
void tl_transpose_conv_s8(const tl_transpose_conv *p, const int8_t *x, int8_t *y);
void tl_transpose_conv_s16(const tl_transpose_conv *p, const int16_t *x, int16_t *y); /* 64-bit sums */

typedef struct {
    tl_window window;
    const float *weights, *bias;
    float low, high;
} tl_transpose_conv_float;
void tl_transpose_conv_f32(const tl_transpose_conv_float *p, const float *x, float *y);

#endif
