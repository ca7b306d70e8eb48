#include "tl_binary_loops.h"

static inline int32_t scaled(const tl_add *p, int32_t x, int32_t multiplier, int32_t shift)
{
    return tl_divide_by_pot(tl_high_mul(x * (1 << p->left_shift), multiplier), -shift);
}

static inline int32_t squared(const tl_add *p, int32_t a, int32_t b)
{
    int32_t difference = scaled(p, a - p->zero_point1, p->multiplier1, p->shift1) - scaled(p, b - p->zero_point2, p->multiplier2, p->shift2);
    int32_t square = tl_requantize(difference * difference, p->output_multiplier, p->output_shift);
    return tl_clamp(square + p->output_zero_point, p->low, p->high);
}

void tl_squared_difference_s16(const tl_add *p, const int16_t *a, const int16_t *b, int16_t *y)
{
    TL_BROADCAST(&p->loops, int16_t, int16_t, squared(p, u, v));
}
