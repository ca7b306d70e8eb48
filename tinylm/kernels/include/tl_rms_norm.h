/* The factor of an RMS norm, which all its kernels share. */
#ifndef TL_RMS_NORM_H
#define TL_RMS_NORM_H

#include "tl_kernels.h"
#include "tl_unary_loops.h"

static inline float tl_root(float x)
{
#if defined(__ARM_FP) && (__ARM_FP & 4)
    __asm__("vsqrt.f32 %0, %1" : "=t"(x) : "t"(x)); /* correctly rounded, as tl_sqrtf is */
    return x;
#else
    return tl_sqrtf(x);
#endif
}

static inline int32_t tl_rms_factor(const tl_rms_norm *p, uint64_t sum)
{
    int32_t squares = tl_clamp(tl_requantize64(sum, p->multiplier, p->shift), -32768, 32767);
    float root = 1.0f / tl_root(p->scale * (float)squares + p->epsilon);
    tl_quantize to = {p->factor_scale, 0, -32768, 32767};
    return tl_quantize_value(&to, root / p->factor_scale);
}

#endif
