#include "tl_binary_loops.h"

static inline int32_t quotient(const tl_div *p, int32_t a, int32_t b)
{
    int32_t room = 0, over = 0;
    if (b < 0) {
        a = -a;
        b = -b;
    }
    if (b == 0 || a == 0)
        return a < 0 ? p->low : a > 0 ? p->high : p->output_zero_point;
    while (b >> (over + 1))
        over++;
    for (int32_t size = a < 0 ? -a - 1 : a; size < 1 << 30; room++)
        size = size * 2 + (a < 0);
    int32_t unscaled = tl_high_mul((int32_t)((uint32_t)a << room), p->inverse[b - 1]);
    int32_t down = room + over - p->shift;
    unscaled = tl_high_mul(unscaled, p->multiplier);
    return p->output_zero_point + (down > 31 ? 0 : tl_divide_by_pot(unscaled, down));
}

void tl_div_s8(const tl_div *p, const int8_t *a, const int8_t *b, int8_t *y)
{
    TL_BROADCAST(&p->loops, int8_t, int8_t, tl_clamp(quotient(p, u - p->zero_point1, v - p->zero_point2), p->low, p->high));
}
