/* Fixed-point arithmetic, bit for bit as TensorFlow Lite Micro has it: rounded twice (gemmlowp). */
#ifndef TL_FIXED_H
#define TL_FIXED_H

#include <stdint.h>

/* a * b / 2^31, rounded half towards +inf. The one overflow (both INT32_MIN) cannot occur: multipliers are positive. */
static inline int32_t tl_high_mul(int32_t a, int32_t b)
{
    return (int32_t)(((int64_t)a * b + (1 << 30)) >> 31);
}

/* x / 2^s, rounded half away from zero; 0 <= s <= 31. */
static inline int32_t tl_divide_by_pot(int32_t x, int s)
{
    int32_t mask = (int32_t)((1u << s) - 1u);
    int32_t threshold = (mask >> 1) + (x < 0);
    return (x >> s) + ((x & mask) > threshold);
}

/* x * multiplier * 2^(shift - 31). The left shift wraps as int32 does. */
static inline int32_t tl_requantize(int32_t x, int32_t multiplier, int shift)
{
    int left = shift > 0 ? shift : 0;
    int right = shift > 0 ? 0 : -shift;
    return tl_divide_by_pot(tl_high_mul((int32_t)((uint32_t)x << left), multiplier), right);
}

static inline int32_t tl_clamp(int32_t x, int32_t low, int32_t high)
{
    return x < low ? low : x > high ? high : x;
}

/* tl_requantize of a sum kept modulo 2^32, plus a zero point, clamped. */
static inline int32_t tl_finish(uint32_t sum, int32_t multiplier, int shift, int32_t zero_point, int32_t low, int32_t high)
{
    uint32_t scaled = (uint32_t)tl_requantize((int32_t)sum, multiplier, shift);
    return tl_clamp((int32_t)(scaled + (uint32_t)zero_point), low, high);
}

/* A 64-bit sum * multiplier * 2^(shift - 31) as TFLM has it for int16 activations: the multiplier rounded to 16 bits, one rounding. */
static inline int32_t tl_requantize64(uint64_t sum, int32_t multiplier, int shift)
{
    int32_t reduced = multiplier < 0x7fff0000 ? (multiplier + (1 << 15)) >> 16 : 0x7fff;
    int total = 15 - shift;
    uint64_t product = sum * (uint64_t)reduced + ((uint64_t)1 << (total - 1));
    return (int32_t)((int64_t)product >> total);
}

/* Value i of int4 values packed two to a byte, low nibble first. */
static inline int32_t tl_int4(const uint8_t *packed, int32_t i)
{
    return (int8_t)(packed[i >> 1] << (i & 1 ? 0 : 4)) >> 4;
}

static inline float tl_clampf(float x, float low, float high)
{
    return x < low ? low : x > high ? high : x;
}

#endif
