/* Kernels on two tensors with broadcasting (tl_loops). y may be an input that is not broadcast. */
#ifndef TL_BINARY_H
#define TL_BINARY_H

#include "tl_loops.h"
#include "tl_types.h"

/* float32 and int32 arithmetic, clamped. Integers wrap; x / 0 is 0. */
typedef struct {
    tl_loops loops;
    float low, high;
} tl_binary_f32;
typedef struct {
    tl_loops loops;
    int32_t low, high;
} tl_binary_s32;
void tl_add_f32(const tl_binary_f32 *p, const float *a, const float *b, float *y);
void tl_sub_f32(const tl_binary_f32 *p, const float *a, const float *b, float *y);
void tl_mul_f32(const tl_binary_f32 *p, const float *a, const float *b, float *y);
void tl_div_f32(const tl_binary_f32 *p, const float *a, const float *b, float *y);
void tl_add_s32(const tl_binary_s32 *p, const int32_t *a, const int32_t *b, int32_t *y);
void tl_sub_s32(const tl_binary_s32 *p, const int32_t *a, const int32_t *b, int32_t *y);
void tl_mul_s32(const tl_binary_s32 *p, const int32_t *a, const int32_t *b, int32_t *y);
void tl_div_s32(const tl_binary_s32 *p, const int32_t *a, const int32_t *b, int32_t *y);
/* Each of a and b has count elements (its step is 1) or one (0), and nothing is clamped. */
void tl_add_run_s32(const int32_t *a, const int32_t *b, int32_t *y, int32_t count, int32_t step1, int32_t step2);
void tl_sub_run_s32(const int32_t *a, const int32_t *b, int32_t *y, int32_t count, int32_t step1, int32_t step2);
void tl_mul_run_s32(const int32_t *a, const int32_t *b, int32_t *y, int32_t count, int32_t step1, int32_t step2);
void tl_div_run_s32(const int32_t *a, const int32_t *b, int32_t *y, int32_t count, int32_t step1, int32_t step2);

/* (a - b)^2, floor(a / b), a - b * floor(a / b) */
void tl_squared_difference_f32(const tl_loops *p, const float *a, const float *b, float *y);
void tl_squared_difference_s32(const tl_loops *p, const int32_t *a, const int32_t *b, int32_t *y);
void tl_floor_div_f32(const tl_loops *p, const float *a, const float *b, float *y);
void tl_floor_mod_f32(const tl_loops *p, const float *a, const float *b, float *y);

/* Quotient of int8. inverse: [255] 2^31 / b scaled to [2^30, 2^31), by b - 1. By 0: the end of the range that a's sign tells. */
typedef struct {
    tl_loops loops;
    int32_t zero_point1, zero_point2, output_zero_point;
    int32_t multiplier, shift, low, high;
    const int32_t *inverse;
} tl_div;
void tl_div_s8(const tl_div *p, const int8_t *a, const int8_t *b, int8_t *y);

/* The larger of two, or the smaller (minimum = 1). */
typedef struct {
    tl_loops loops;
    int32_t minimum;
} tl_extreme;
void tl_extreme_s8(const tl_extreme *p, const int8_t *a, const int8_t *b, int8_t *y);
void tl_extreme_s16(const tl_extreme *p, const int16_t *a, const int16_t *b, int16_t *y);
void tl_extreme_s32(const tl_extreme *p, const int32_t *a, const int32_t *b, int32_t *y);
void tl_extreme_s64(const tl_extreme *p, const tl_int64 *a, const tl_int64 *b, tl_int64 *y);
void tl_extreme_f32(const tl_extreme *p, const float *a, const float *b, float *y);

/* 1 where a's relation to b is in the mask. */
enum { TL_LESS = 1, TL_EQUAL = 2, TL_GREATER = 4, TL_UNORDERED = 8 };
typedef struct {
    tl_loops loops;
    int32_t mask;
} tl_compare;
void tl_compare_u8(const tl_compare *p, const uint8_t *a, const uint8_t *b, uint8_t *y);
void tl_compare_s32(const tl_compare *p, const int32_t *a, const int32_t *b, uint8_t *y);
void tl_compare_s64(const tl_compare *p, const tl_int64 *a, const tl_int64 *b, uint8_t *y);
void tl_compare_f32(const tl_compare *p, const float *a, const float *b, uint8_t *y);

/* The same of quantised values: (x - zero_point) * 256, requantised, is compared. */
typedef struct {
    tl_loops loops;
    int32_t mask;
    int32_t zero_point1, multiplier1, shift1;
    int32_t zero_point2, multiplier2, shift2;
} tl_compare_scaled;
void tl_compare_s8(const tl_compare_scaled *p, const int8_t *a, const int8_t *b, uint8_t *y);

/* a && b, or a || b (either = 1). */
typedef struct {
    tl_loops loops;
    int32_t either;
} tl_logical;
void tl_logical_u8(const tl_logical *p, const uint8_t *a, const uint8_t *b, uint8_t *y);

/* condition ? a : b, elements of `bytes` bytes; strides of condition and a in loops, of b in stride3. */
typedef struct {
    tl_loops loops;
    int32_t stride3[TL_MAX_LOOPS];
    int32_t bytes;
} tl_select;
void tl_select_bytes(const tl_select *p, const uint8_t *condition, const void *a, const void *b, void *y);

/* count sums: of the float32 y (first = 0) or 0 (first = 1) and x; of the int32 sum or -zero_point, and x - zero_point. */
void tl_accumulate_f32(const float *x, float *y, int32_t count, int32_t first);
void tl_accumulate_s8(const int8_t *x, void *sum, int32_t count, int32_t zero_point, int32_t first);

/* Sums of int8 values in the quantisation of the output: sum * 2^19 requantised. */
typedef struct {
    int32_t output_zero_point, multiplier, shift, low, high;
} tl_sum;
void tl_scale_sums_s8(const tl_sum *p, const void *sum, int8_t *y, int32_t count);

/* Running sums along the axis of [outer][axis][inner]. exclusive: without the element itself; reverse: from the end. */
typedef struct {
    int32_t outer, axis, inner, exclusive, reverse;
} tl_cumsum;
void tl_cumsum_f32(const tl_cumsum *p, const float *x, float *y);
void tl_cumsum_s8(const tl_cumsum *p, const tl_sum *scale, int32_t zero_point, const int8_t *x, int8_t *y);

#endif
