/* Leaky and parametric ReLU, L2 normalisation. */
#ifndef TL_LEAKY_H
#define TL_LEAKY_H

#include "tl_loops.h"

/* above, below: fixed-point factors of values on either side of the zero point; sign: of the lower one. */
typedef struct {
    int32_t count, input_zero_point, output_zero_point;
    int32_t below, below_shift, above, above_shift, sign;
} tl_leaky_relu;
void tl_leaky_relu_s16(const tl_leaky_relu *p, const int16_t *x, int16_t *y);
void tl_leaky_relu_f32(const float *x, float *y, int32_t count, float alpha);

typedef struct {
    tl_loops loops;
    int32_t input_zero_point, alpha_zero_point, output_zero_point;
    int32_t above, above_shift, below, below_shift;
} tl_prelu;
void tl_prelu_s8(const tl_prelu *p, const int8_t *x, const int8_t *alpha, int8_t *y);
void tl_prelu_s16(const tl_prelu *p, const int16_t *x, const int8_t *alpha, int16_t *y);
void tl_prelu_f32(const tl_loops *p, const float *x, const float *alpha, float *y);

/* Each row over its Euclidean length; int8: the result in 1/128. */
void tl_l2_normalization_s8(const int8_t *x, int8_t *y, int32_t rows, int32_t depth, int32_t zero_point);
void tl_l2_normalization_f32(const float *x, float *y, int32_t rows, int32_t depth);

#endif
