/* A sum times its scale (tl_packed.h), plus its zero point, saturated; short where that is proved, else as TFLM does it. */
#ifndef TL_SCALE_H
#define TL_SCALE_H

#include "tl_dsp.h"
#include "tl_fixed.h"
#include "tl_packed.h"

static inline int32_t tl_scaled_wide(const tl_scale *s, int32_t sum)
{
    if (s->right)
        return tl_short_wide(2 * sum, s->multiplier, s->start, s->right);
    return (int32_t)((uint32_t)tl_requantize(sum, s->multiplier, s->shift) + (uint32_t)s->zero_point);
}

static inline int32_t tl_scaled8(const tl_scale *s, int32_t sum)
{
    return __ssat(tl_scaled_wide(s, sum), 8);
}

static inline int32_t tl_scaled16(const tl_scale *s, int32_t sum)
{
    return __ssat(tl_scaled_wide(s, sum), 16);
}

#endif
