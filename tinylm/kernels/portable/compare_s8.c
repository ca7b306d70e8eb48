#include "tl_binary_loops.h"

static inline int32_t scaled(int32_t x, int32_t multiplier, int32_t shift)
{
    return tl_divide_by_pot(tl_high_mul(x * 256, multiplier), -shift);
}

void tl_compare_s8(const tl_compare_scaled *p, const int8_t *a, const int8_t *b, uint8_t *y)
{
#define FIRST scaled(u - p->zero_point1, p->multiplier1, p->shift1)
#define SECOND scaled(v - p->zero_point2, p->multiplier2, p->shift2)
    TL_BROADCAST(&p->loops, int8_t, uint8_t, tl_mask_has(p->mask, FIRST < SECOND, FIRST == SECOND, 1));
}
