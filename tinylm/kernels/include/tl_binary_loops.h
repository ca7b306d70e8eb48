/* The body of a broadcasting kernel: `result` is an expression of u and v, elements of a and b. how: TL_ROLLED or nothing. */
#ifndef TL_BINARY_LOOPS_H
#define TL_BINARY_LOOPS_H

#include "tl_fixed.h"
#include "tl_kernels.h"
#include "tl_math.h"

#define TL_BROADCAST(loops, FROM, TO, result) TL_BROADCAST_HOW(, loops, FROM, TO, result)
#define TL_BROADCAST_HOW(how, loops, FROM, TO, result)                                          \
    int32_t last = (loops)->rank - 1, count = (loops)->size[last];                              \
    int32_t step1 = (loops)->stride1[last], step2 = (loops)->stride2[last];                     \
    tl_position at = {{0}, 0, 0};                                                               \
    do {                                                                                        \
        const FROM *x1 = a + at.offset1, *x2 = b + at.offset2;                                  \
        how for (int32_t i = 0; i < count; i++, x1 += step1, x2 += step2) {                     \
            FROM u = *x1, v = *x2;                                                              \
            *y++ = (TO)(result);                                                                \
        }                                                                                       \
    } while (tl_next(loops, &at))

static inline float tl_clamp_float(float x, float low, float high)
{
    x = x < low ? low : x;
    return high < x ? high : x;
}

static inline int32_t tl_mask_has(int32_t mask, int less, int equal, int greater)
{
    return (mask & (less ? TL_LESS : equal ? TL_EQUAL : greater ? TL_GREATER : TL_UNORDERED)) != 0;
}

#define TL_ARITHMETIC_F32(name, op)                                                             \
    void tl_##name##_f32(const tl_binary_f32 *p, const float *a, const float *b, float *y)      \
    {                                                                                           \
        TL_BROADCAST(&p->loops, float, float, tl_clamp_float(u op v, p->low, p->high));         \
    }

/* Numbers of 32 bits are places and sizes, a few at a time. */
#define TL_ARITHMETIC_S32(name, result)                                                         \
    void tl_##name##_s32(const tl_binary_s32 *p, const int32_t *a, const int32_t *b, int32_t *y) \
    {                                                                                           \
        TL_BROADCAST_HOW(TL_ROLLED, &p->loops, int32_t, int32_t, tl_clamp((int32_t)(result), p->low, p->high)); \
    }

#define TL_RUN_S32(name, result)                                                                \
    void tl_##name##_run_s32(const int32_t *a, const int32_t *b, int32_t *y, int32_t count, int32_t step1, int32_t step2) \
    {                                                                                           \
        TL_ROLLED                                                                               \
        for (; count > 0; count--, a += step1, b += step2) {                                    \
            int32_t u = *a, v = *b;                                                             \
            *y++ = (int32_t)(result);                                                           \
        }                                                                                       \
    }

#define TL_EXTREME(type, TYPE)                                                                  \
    void tl_extreme_##type(const tl_extreme *p, const TYPE *a, const TYPE *b, TYPE *y)          \
    {                                                                                           \
        TL_BROADCAST(&p->loops, TYPE, TYPE, (p->minimum ? u < v : u > v) ? u : v);              \
    }

#define TL_COMPARE(type, TYPE)                                                                  \
    void tl_compare_##type(const tl_compare *p, const TYPE *a, const TYPE *b, uint8_t *y)       \
    {                                                                                           \
        TL_BROADCAST(&p->loops, TYPE, uint8_t, tl_mask_has(p->mask, u < v, u == v, u > v));     \
    }

#endif
