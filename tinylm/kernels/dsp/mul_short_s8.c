#include "tl_dsp.h"
#include "tl_kernels.h"

static inline int16x2_t twice(int16x2_t lanes)
{
    return __sadd16(lanes, lanes);
}

void tl_mul_short_s8(const tl_mul_short *p, const int8_t *a, const int8_t *b, int8_t *y)
{
    int32_t multiplier = p->multiplier, start = p->start, right = p->right, i = 0;
    int16x2_t zero1 = (int16x2_t)p->lanes1, zero2 = (int16x2_t)p->lanes2;
    TL_ROLLED
    for (; i + 4 <= p->count; i += 4) {
        uint32_t a4 = tl_word(a + i), b4 = tl_word(b + i);
        int16x2_t a02 = __sxtab16(zero1, (int8x4_t)a4), a13 = __sxtab16(zero1, (int8x4_t)tl_right8(a4));
        int16x2_t b02 = twice(__sxtab16(zero2, (int8x4_t)b4)), b13 = twice(__sxtab16(zero2, (int8x4_t)tl_right8(b4)));
        y[i] = (int8_t)tl_short(tl_low_product(a02, b02), multiplier, start, right);
        y[i + 1] = (int8_t)tl_short(tl_low_product(a13, b13), multiplier, start, right);
        y[i + 2] = (int8_t)tl_short(tl_high_product(a02, b02), multiplier, start, right);
        y[i + 3] = (int8_t)tl_short(tl_high_product(a13, b13), multiplier, start, right);
    }
    TL_ROLLED
    for (; i < p->count; i++)
        y[i] = (int8_t)tl_short(2 * (a[i] + (int16_t)p->lanes1) * (b[i] + (int16_t)p->lanes2), multiplier, start, right);
    tl_clamp_s8(y, p->count, p->low, p->high);
}
