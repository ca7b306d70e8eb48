/* Bodies of kernels that differ only by types or by one expression. */
#ifndef TL_UNARY_LOOPS_H
#define TL_UNARY_LOOPS_H

#include "tl_fixed.h"
#include "tl_kernels.h"
#include "tl_math.h"

#define TL_UNARY_F32(name, result)                              \
    void tl_##name##_f32(const float *x, float *y, int32_t count) \
    {                                                           \
        for (int32_t i = 0; i < count; i++) {                   \
            float v = x[i];                                     \
            y[i] = result;                                      \
        }                                                       \
    }

#define TL_REQUANTIZE(from, FROM, to, TO)                                                         \
    void tl_requantize_##from##_##to(const tl_requant *p, const FROM *x, TO *y, int32_t count)    \
    {                                                                                             \
        for (int32_t i = 0; i < count; i++)                                                       \
            y[i] = (TO)tl_requant_value(p, (int32_t)((uint32_t)x[i] - (uint32_t)p->zero_point));   \
    }

static inline int32_t tl_requant_value(const tl_requant *p, int32_t x)
{
    uint32_t scaled = (uint32_t)tl_requantize(x, p->multiplier, p->shift);
    return tl_clamp((int32_t)(scaled + (uint32_t)p->output_zero_point), p->low, p->high);
}

#define TL_QUANTIZE(to, TO)                                                                  \
    void tl_quantize_f32_##to(const tl_quantize *p, const float *x, TO *y, int32_t count)     \
    {                                                                                        \
        for (int32_t i = 0; i < count; i++)                                                  \
            y[i] = (TO)tl_quantize_value(p, x[i] / p->scale);                                \
    }

static inline int32_t tl_quantize_value(const tl_quantize *p, float v)
{
    /* Beyond 2^30 every clamp is reached, whatever the zero point of an 8 or 16-bit type. */
    if (!(v > -1073741824.0f))
        return p->low;
    if (v >= 1073741824.0f)
        return p->high;
    int32_t whole = (int32_t)v;
    float rest = v - (float)whole;
    whole += (rest >= 0.5f) - (rest <= -0.5f);
    return tl_clamp(whole + p->zero_point, p->low, p->high);
}

#define TL_DEQUANTIZE(from, FROM)                                                               \
    void tl_dequantize_##from##_f32(const tl_dequantize *p, const FROM *x, float *y, int32_t count) \
    {                                                                                           \
        for (int32_t i = 0; i < count; i++)                                                     \
            y[i] = p->scale * (float)(x[i] - p->zero_point);                                    \
    }

#endif
