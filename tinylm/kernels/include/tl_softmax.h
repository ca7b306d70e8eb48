/* Softmax over the last dimension. */
#ifndef TL_SOFTMAX_H
#define TL_SOFTMAX_H

#include <stdint.h>

/* exps[d]: exp of a value that lies d below the row's largest, Q0.31 (256 entries, 0 where it vanishes). */
void tl_softmax_s8(const int32_t *exps, const int8_t *x, int8_t *y, int32_t rows, int32_t depth);
void tl_softmax_s8_s16(const int32_t *exps, const int8_t *x, int16_t *y, int32_t rows, int32_t depth);

/* int16 by two tables of 513 entries over -32768 .. 32767, interpolated: exp on -10 .. 0, and 1 / (1 + v) on 0 .. 1. */
typedef struct {
    const int16_t *exp, *reciprocal;
    int32_t multiplier, shift, rows, depth;
} tl_softmax;
void tl_softmax_s16(const tl_softmax *p, const int16_t *x, int16_t *y);

void tl_softmax_f32(const float *x, float *y, int32_t rows, int32_t depth, float beta);

/* diffs[d], exps[d]: a value d below the row's largest in Q5.26, and its exp in Q12.19 (256 entries each).
 * Differences must exceed `least`, and the log of the sum back in input steps (reverse). */
typedef struct {
    const int32_t *diffs, *exps;
    int32_t least, reverse, reverse_shift, rows, depth;
} tl_log_softmax;
void tl_log_softmax_s8(const tl_log_softmax *p, const int8_t *x, int8_t *y);
void tl_log_softmax_f32(const float *x, float *y, int32_t rows, int32_t depth);

/* Leading zero bits of x > 0. */
static inline int tl_leading_zeros(uint32_t x)
{
#if defined(__ARM_ARCH) && __ARM_ARCH >= 7
    return __builtin_clz(x); /* an instruction there */
#endif
    int zeros = 0;
    for (; !(x & 0x80000000u); x <<= 1)
        zeros++;
    return zeros;
}

#endif
