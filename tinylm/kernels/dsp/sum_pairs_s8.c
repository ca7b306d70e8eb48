#include "tl_dsp.h"
#include "tl_kernels.h"

static inline int8_t sum_of(const tl_sum_pairs *p, uint32_t a, uint32_t b, int32_t right)
{
    return (int8_t)__ssat((int32_t)(a * (uint32_t)p->by1 + b * (uint32_t)p->by2 + (uint32_t)p->start) >> right, 8);
}

/* sums.S: `fours` times four elements, not clamped. */
void tl_sum_fours(const tl_sum_pairs *p, const int8_t *a, const int8_t *b, int8_t *y, int32_t fours);

void tl_sum_pairs_s8(const tl_sum_pairs *p, const int8_t *a, const int8_t *b, int8_t *y)
{
    int32_t i = p->count & ~3;
    if (i)
        tl_sum_fours(p, a, b, y, i / 4);
    TL_ROLLED
    for (; i < p->count; i++)
        y[i] = sum_of(p, (uint32_t)a[i], (uint32_t)b[i], p->shift);
    tl_clamp_s8(y, p->count, p->low, p->high);
}
