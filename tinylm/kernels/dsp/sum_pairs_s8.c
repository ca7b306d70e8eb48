#include "tl_dsp.h"
#include "tl_kernels.h"

static inline int8_t sum_of(const tl_sum_pairs *p, uint32_t a, uint32_t b, int32_t right)
{
    return (int8_t)__ssat((int32_t)(a * (uint32_t)p->by1 + b * (uint32_t)p->by2 + (uint32_t)p->start) >> right, 8);
}

void tl_sum_pairs_s8(const tl_sum_pairs *p, const int8_t *a, const int8_t *b, int8_t *y)
{
    tl_sum_pairs by = *p;
    int32_t right = by.shift, count = by.count, i = 0;
    TL_ROLLED
    for (; i + 4 <= count; i += 4) {
        uint32_t a4 = tl_word(a + i), b4 = tl_word(b + i);
        y[i] = sum_of(&by, (uint32_t)(int8_t)a4, (uint32_t)(int8_t)b4, right);
        y[i + 1] = sum_of(&by, (uint32_t)(int8_t)(a4 >> 8), (uint32_t)(int8_t)(b4 >> 8), right);
        y[i + 2] = sum_of(&by, (uint32_t)(int8_t)(a4 >> 16), (uint32_t)(int8_t)(b4 >> 16), right);
        y[i + 3] = sum_of(&by, (uint32_t)(int8_t)(a4 >> 24), (uint32_t)(int8_t)(b4 >> 24), right);
    }
    TL_ROLLED
    for (; i < count; i++)
        y[i] = sum_of(&by, (uint32_t)a[i], (uint32_t)b[i], right);
    tl_clamp_s8(y, count, by.low, by.high);
}
