/* Functions of one float without a C library. floor, ceil, round, sqrt and fmod are exact; exp, log, sin, cos, expm1
 * and tanh equal glibc's. */
#ifndef TL_MATH_H
#define TL_MATH_H

#include "tl_expf.h"
#include "tl_logf.h"
#include "tl_sqrtf.h"
#include "tl_tanhf.h"
#include "tl_types.h"

static inline uint32_t tl_float_bits(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, 4);
    return bits;
}

static inline float tl_float_of(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, 4);
    return x;
}

static inline float tl_floorf(float x)
{
    if (!(x > -8388608.0f && x < 8388608.0f))
        return x;
    float whole = (float)(int32_t)x;
    return whole == x ? x : whole > x ? whole - 1.0f : whole;
}

static inline float tl_ceilf(float x)
{
    return -tl_floorf(-x);
}

/* Half to even. What is rounded up to zero becomes +0. */
static inline float tl_roundf(float x)
{
    float low = tl_floorf(x), rest = x - low;
    if (rest < 0.5f || (rest == 0.5f && ((int32_t)low & 1) == 0))
        return low;
    return low + 1.0f;
}

/* sin (quarter 0) or cos (quarter 1), as glibc 2.28 and later have them (the algorithm of Arm's optimized routines: x less a
 * multiple of pi/2, then a polynomial of sin or cos, all in double). */
static inline float tl_sine(float x, uint32_t quarter)
{
    static const uint8_t two_over_pi[] = {0, 0, 0, 0xa2, 0xf9, 0x83, 0x6e, 0x4e, 0x44, 0x15, 0x29, 0xfc, 0x27, 0x57, 0xd1,
                                          0xf5, 0x34, 0xdd, 0xc0, 0xdb, 0x62, 0x95, 0x99, 0x3c, 0x43, 0x90, 0x41, 0xfe};
    uint32_t bits = tl_float_bits(x), size = bits & 0x7fffffffu, n = 0;
    double v = (double)x;
    if (size >= 0x7f800000u)
        return x - x;
    if (size < 0x39800000u)
        return quarter ? 1.0f : x;
    if (size >= 0x42f00000u) {
        /* |x| >= 120: the product with those 96 bits of 2/pi that say where in the circle it lies. */
        const uint8_t *at = two_over_pi + ((bits >> 26) & 15);
        uint64_t word[3], mantissa = (uint64_t)((bits & 0x7fffffu) | 0x800000u) << ((bits >> 23) & 7), turn;
        for (int i = 0; i < 3; i++, at += 4)
            word[i] = (uint64_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
        turn = (mantissa * word[0]) << 32;
        turn += (mantissa * word[1]) + ((mantissa * word[2]) >> 32);
        n = (uint32_t)((turn + (1ull << 61)) >> 62);
        v = (double)(int64_t)(turn - ((uint64_t)n << 62)) * 0x1.921fb54442d18p-62;
        v = bits >> 31 ? -v : v;
        n = bits >> 31 ? 0u - n : n;
    } else if (size >= 0x3f400000u) {
        n = (uint32_t)(((int32_t)(v * 0x1.45f306dc9c883p+23) + 0x800000) >> 24);
        v -= (int32_t)n * 0x1.921fb54442d18p0;
    }
    double z = v * v;
    n += quarter;
    if (n & 1u) {
        double end = -0x1.6c087e89a359dp-10 + z * 0x1.99343027bf8c3p-16;
        v = 1.0 + z * -0x1.ffffffd0c621cp-2 + z * z * 0x1.55553e1068f19p-5 + z * z * z * end;
    } else {
        double cube = v * z, end = 0x1.1107605230bc4p-7 + z * -0x1.994eb3774cf24p-13;
        v = v + cube * -0x1.555545995a603p-3 + cube * z * end;
    }
    return (float)(n & 2u ? -v : v);
}

static inline float tl_sinf(float x)
{
    return tl_sine(x, 0);
}

static inline float tl_cosf(float x)
{
    return tl_sine(x, 1);
}

/* The remainder of a / b with a's sign; exact. */
static inline float tl_fmodf(float a, float b)
{
    uint32_t x = tl_float_bits(a), y = tl_float_bits(b), sign = x & 0x80000000u;
    x &= 0x7fffffffu;
    y &= 0x7fffffffu;
    if (y == 0 || x >= 0x7f800000u || y > 0x7f800000u)
        return (a * b) / (a * b);
    if (x < y)
        return a;
    int ex = x >> 23 ? (int)(x >> 23) : 1, ey = y >> 23 ? (int)(y >> 23) : 1;
    uint32_t mx = x >> 23 ? (x & 0x7fffffu) | 0x800000u : x, my = y >> 23 ? (y & 0x7fffffu) | 0x800000u : y;
    for (; mx < 0x800000u; ex--)
        mx <<= 1;
    for (; my < 0x800000u; ey--)
        my <<= 1;
    for (; ex > ey; ex--) {
        mx = mx >= my ? mx - my : mx;
        mx <<= 1;
    }
    mx = mx >= my ? mx - my : mx;
    if (mx == 0)
        return tl_float_of(sign);
    for (; mx < 0x800000u; ey--)
        mx <<= 1;
    return tl_float_of(sign | (ey > 0 ? (uint32_t)(ey - 1) * 0x800000u + mx : mx >> (1 - ey)));
}

#endif
