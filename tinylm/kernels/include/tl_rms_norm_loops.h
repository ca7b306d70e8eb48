/* RMS norms whose shifts the short requantisation takes (tl_dsp.h), for kernels that define NAME, VALUE (what the factor meets, of *of)
 * and BEFORE (what that needs). */
#include "tl_dsp.h"
#include "tl_rms_norm.h"

static int64_t squares(const int16_t *x, int32_t count)
{
    int64_t sum = 0;
    TL_ROLLED
    for (; count >= 2; count -= 2, x += 2) {
        int16x2_t pair = (int16x2_t)tl_word(x);
        sum = __smlald(pair, pair, sum);
    }
    return count ? sum + x[0] * x[0] : sum;
}

void NAME(const tl_rms_norm *p, const int16_t *x, const int16_t *of, int8_t *y)
{
    int32_t factor = 2 * tl_rms_factor(p, (uint64_t)squares(x, p->count));
    tl_quick a = tl_quick_of(&p->product), b = tl_quick_of(&p->output);
    BEFORE
    TL_ROLLED
    for (const int8_t *end = y + p->count; y != end; y++, of++)
        *y = (int8_t)tl_short(2 * tl_short16(VALUE * factor, a.multiplier, a.start, a.right), b.multiplier, b.start, b.right);
}
