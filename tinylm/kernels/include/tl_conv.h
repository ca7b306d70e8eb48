/* Convolutions. */
#ifndef TL_CONV_H
#define TL_CONV_H

#include "tl_window.h"

/* y[n] = requantize(bias[n] + sum over taps and group_inputs channels of weights[n][tap][channel] * x).
 * weights: int8 [out][taps * group_inputs], or int4 packed two to a byte (low nibble first), every row of them from a whole byte on.
 * bias: int32 (int64 where the kernel sums in 64 bits); the input's zero point is folded in as if all taps lay on the input.
 * per_channel: 1 = a multiplier and shift for every output channel, 0 = one for all.
 * group_outputs: output channels of each group; contiguous: a row of taps is one run of x (one group, no dilation in x). */
typedef struct {
    tl_window window;
    const void *weights, *bias;
    int32_t group_inputs, group_outputs, contiguous;
    const int32_t *multiplier;
    const int8_t *shift;
    int32_t per_channel, input_zero_point, output_zero_point, low, high;
} tl_conv;
void tl_conv_s8(const tl_conv *p, const int8_t *x, int8_t *y);
void tl_conv_s4(const tl_conv *p, const int8_t *x, int8_t *y);
void tl_conv_s16(const tl_conv *p, const int16_t *x, int16_t *y);       /* 64-bit sums and bias */
void tl_conv_s16_sum32(const tl_conv *p, const int16_t *x, int16_t *y); /* 32-bit sums and bias */

/* The same in float32, summed in order. */
typedef struct {
    tl_window window;
    const float *weights;
    int32_t group_inputs, group_outputs, contiguous;
    const float *bias;
    float low, high;
} tl_conv_float;
void tl_conv_f32(const tl_conv_float *p, const float *x, float *y);

/* Depthwise: output channel c of x's channel c / depth_multiplier. weights: [taps][out] (int4: every row from a whole byte on). */
typedef struct {
    tl_window window;
    const void *weights, *bias;
    int32_t depth_multiplier;
    const int32_t *multiplier;
    const int8_t *shift;
    int32_t per_channel, input_zero_point, output_zero_point, low, high;
} tl_depthwise;
void tl_depthwise_s8(const tl_depthwise *p, const int8_t *x, int8_t *y);
void tl_depthwise_s4(const tl_depthwise *p, const int8_t *x, int8_t *y);
void tl_depthwise_s16(const tl_depthwise *p, const int16_t *x, int16_t *y); /* 64-bit sums and bias */

typedef struct {
    tl_window window;
    const float *weights;
    int32_t depth_multiplier;
    const float *bias;
    float low, high;
} tl_depthwise_float;
void tl_depthwise_f32(const tl_depthwise_float *p, const float *x, float *y);

#endif
