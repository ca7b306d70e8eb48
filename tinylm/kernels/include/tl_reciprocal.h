/* 1 / (1 + a) by three Newton steps, bit for bit as gemmlowp has it. */
#ifndef TL_RECIPROCAL_H
#define TL_RECIPROCAL_H

#include "tl_fixed.h"

/* x * 2^bits, saturated. */
static inline int32_t tl_shift_saturating(int32_t x, int bits)
{
    int32_t limit = INT32_MAX >> bits;
    return x > limit ? INT32_MAX : x < -limit - 1 ? INT32_MIN : x * (1 << bits);
}

/* a: 0 .. 1 in Q0.31; the result too. */
static inline int32_t tl_reciprocal(int32_t a)
{
    int32_t half = (int32_t)(((uint32_t)a + (uint32_t)INT32_MAX + 1) >> 1);
    int32_t x = 1515870810 + tl_high_mul(half, -1010580540); /* 48/17 - 32/17 half, Q2.29 */
    for (int i = 0; i < 3; i++)
        x += tl_shift_saturating(tl_high_mul(x, (1 << 29) - tl_high_mul(half, x)), 2);
    return tl_shift_saturating(x, 1);
}

#endif
