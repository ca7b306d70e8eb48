#include "tl_dsp.h"
#include "tl_kernels.h"

/* Two values doubled, as lanes. */
static inline int16x2_t doubled(const int8_t *m)
{
    return (int16x2_t)((uint32_t)(2 * m[0] & 0xffff) | (uint32_t)(2 * m[1]) << 16);
}

void tl_turn_short_s8(const tl_turn *p, const int8_t *x, const int8_t *matrices, int8_t *y)
{
    int32_t width = 2 * p->frequencies, multiplier = p->multiplier, right = -p->shift, start = 1 << (right - 1);
    for (int32_t f = 0; f < p->frequencies; f++, matrices += 4) {
        int16x2_t upper = doubled(matrices), lower = doubled(matrices + 2);
        int8_t *to = y + 2 * f;
        TL_ROLLED
        for (int32_t h = 0; h < p->heads; h++, x += 2, to += width) {
            int16x2_t pair = (int16x2_t)((uint32_t)(x[0] & 0xffff) | (uint32_t)x[1] << 16);
            to[0] = (int8_t)tl_short(__smuad(pair, upper), multiplier, start, right);
            to[1] = (int8_t)tl_short(__smuad(pair, lower), multiplier, start, right);
        }
    }
}
