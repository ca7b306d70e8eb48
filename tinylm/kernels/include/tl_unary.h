/* Kernels on one tensor, element by element. x and y may be the same where their elements have the same size. */
#ifndef TL_UNARY_H
#define TL_UNARY_H

#include <stdint.h>

/* y[i] = table[x[i]], bytes of any meaning. */
void tl_lookup_bytes(const void *table, const void *x, void *y, int32_t count);

/* From one quantisation to another: clamp(requantize(x - zero_point) + output_zero_point, low, high). */
typedef struct {
    int32_t zero_point, output_zero_point, multiplier, shift, low, high;
} tl_requant;
void tl_requantize_s8_s16(const tl_requant *p, const int8_t *x, int16_t *y, int32_t count);
void tl_requantize_s8_s32(const tl_requant *p, const int8_t *x, int32_t *y, int32_t count);
void tl_requantize_s16_s8(const tl_requant *p, const int16_t *x, int8_t *y, int32_t count);
void tl_requantize_s16_s16(const tl_requant *p, const int16_t *x, int16_t *y, int32_t count);
void tl_requantize_s16_s32(const tl_requant *p, const int16_t *x, int32_t *y, int32_t count);
void tl_requantize_s32_s8(const tl_requant *p, const int32_t *x, int8_t *y, int32_t count);
void tl_requantize_s32_s16(const tl_requant *p, const int32_t *x, int16_t *y, int32_t count);

/* The same of |x - zero_point|. */
void tl_abs_s16(const tl_requant *p, const int16_t *x, int16_t *y, int32_t count);

/* round(x / scale) + zero_point, half away from zero, clamped; what is not a number becomes low. */
typedef struct {
    float scale;
    int32_t zero_point, low, high;
} tl_quantize;
void tl_quantize_f32_s8(const tl_quantize *p, const float *x, int8_t *y, int32_t count);
void tl_quantize_f32_s16(const tl_quantize *p, const float *x, int16_t *y, int32_t count);

/* scale * (x - zero_point) */
typedef struct {
    float scale;
    int32_t zero_point;
} tl_dequantize;
void tl_dequantize_s8_f32(const tl_dequantize *p, const int8_t *x, float *y, int32_t count);
void tl_dequantize_u8_f32(const tl_dequantize *p, const uint8_t *x, float *y, int32_t count);
void tl_dequantize_s16_f32(const tl_dequantize *p, const int16_t *x, float *y, int32_t count);

/* Rows of an int8 table by int32 index, clamped to the rows that exist, times scale. */
typedef struct {
    int32_t rows, width, indices;
    float scale;
} tl_embed;
void tl_embed_s8_f32(const tl_embed *p, const int8_t *x, const int32_t *index, float *y);

/* LOGISTIC and TANH on int16: x scaled by multiplier / 2^shift, then linear between the entries of a 256-entry table of
 * the sigmoid in 1/65536. */
typedef struct {
    const uint16_t *table;
    int32_t multiplier, shift;
} tl_sigmoid;
void tl_logistic_s16(const tl_sigmoid *p, const int16_t *x, int16_t *y, int32_t count);
void tl_tanh_s16(const tl_sigmoid *p, const int16_t *x, int16_t *y, int32_t count);

void tl_clamp_f32(const float *x, float *y, int32_t count, float low, float high);
void tl_abs_f32(const float *x, float *y, int32_t count);
void tl_ceil_f32(const float *x, float *y, int32_t count);
void tl_cos_f32(const float *x, float *y, int32_t count);
void tl_elu_f32(const float *x, float *y, int32_t count);
void tl_exp_f32(const float *x, float *y, int32_t count);
void tl_floor_f32(const float *x, float *y, int32_t count);
void tl_hard_swish_f32(const float *x, float *y, int32_t count);
void tl_log_f32(const float *x, float *y, int32_t count);
void tl_logistic_f32(const float *x, float *y, int32_t count);
void tl_neg_f32(const float *x, float *y, int32_t count);
void tl_round_f32(const float *x, float *y, int32_t count);
void tl_rsqrt_f32(const float *x, float *y, int32_t count);
void tl_sin_f32(const float *x, float *y, int32_t count);
void tl_sqrt_f32(const float *x, float *y, int32_t count);
void tl_square_f32(const float *x, float *y, int32_t count);
void tl_tanh_f32(const float *x, float *y, int32_t count);

/* y[i] = x[i] in another type; types as in tl_types.h. Floats are cut off, and saturate to int32; integers keep their low bits. */
void tl_cast(const void *x, int32_t from, void *y, int32_t to, int32_t count);

/* y[i] = !x[i] */
void tl_logical_not(const uint8_t *x, uint8_t *y, int32_t count);

/* Index of the largest (smallest: 1 = of the smallest) of x[outer][axis][inner] along its axis; the first of equals. */
typedef struct {
    int32_t outer, axis, inner, smallest;
} tl_arg;
void tl_arg_s8(const tl_arg *p, const int8_t *x, int32_t *y);
void tl_arg_f32(const tl_arg *p, const float *x, int32_t *y);

#endif
