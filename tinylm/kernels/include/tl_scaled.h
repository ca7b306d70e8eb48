/* Sum, product and squared difference of two quantised values, in the output's quantisation. */
#ifndef TL_SCALED_H
#define TL_SCALED_H

#include "tl_binary_loops.h"

/* A value less its zero point, in the fixed point that both inputs share. */
static inline int32_t tl_scaled(const tl_add *p, int32_t x, int32_t multiplier, int32_t shift)
{
    return tl_divide_by_pot(tl_high_mul(x * (1 << p->left_shift), multiplier), -shift);
}

static inline int32_t tl_scaled_sum(const tl_add *p, int32_t a, int32_t b)
{
    int32_t first = tl_scaled(p, a - p->zero_point1, p->multiplier1, p->shift1);
    int32_t second = tl_scaled(p, b - p->zero_point2, p->multiplier2, p->shift2);
    int32_t sum = tl_divide_by_pot(tl_high_mul(first + p->sign * second, p->output_multiplier), -p->output_shift);
    return tl_clamp(sum + p->output_zero_point, p->low, p->high);
}

static inline int32_t tl_scaled_square(const tl_add *p, int32_t a, int32_t b)
{
    int32_t difference = tl_scaled(p, a - p->zero_point1, p->multiplier1, p->shift1) - tl_scaled(p, b - p->zero_point2, p->multiplier2, p->shift2);
    int32_t square = tl_requantize(difference * difference, p->output_multiplier, p->output_shift);
    return tl_clamp(square + p->output_zero_point, p->low, p->high);
}

static inline int32_t tl_scaled_product(const tl_mul *p, int32_t a, int32_t b)
{
    int32_t product = tl_requantize((a - p->zero_point1) * (b - p->zero_point2), p->multiplier, p->shift);
    return tl_clamp(product + p->output_zero_point, p->low, p->high);
}

#define TL_SCALED(name, type, TYPE, PARAMS, value)                                              \
    void tl_##name##_##type(const PARAMS *p, const TYPE *a, const TYPE *b, TYPE *y)             \
    {                                                                                           \
        TL_BROADCAST(&p->loops, TYPE, TYPE, value(p, u, v));                                    \
    }

#endif
