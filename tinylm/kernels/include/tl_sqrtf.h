/* The square root of a float32, correctly rounded, digit by digit in integers (no library, no FPU needed). */
#ifndef TL_SQRTF_H
#define TL_SQRTF_H

#include "tl_types.h"

static inline float tl_sqrtf(float x)
{
    if (!(x > 0.0f) || x == __builtin_inff())
        return x < 0.0f ? (x - x) / (x - x) : x;
    uint32_t bits;
    int32_t exponent = 0;
    if (x < 0x1p-126f) {
        x *= 0x1p24f;
        exponent = -24;
    }
    memcpy(&bits, &x, 4);
    exponent += (int32_t)(bits >> 23) - 127;
    uint32_t mantissa = (bits & 0x7fffffu) | 0x800000u;
    if (exponent & 1)
        mantissa <<= 1;
    /* 25 digits of the root: one more than the result holds. */
    uint32_t root = 0, rest = mantissa << 1;
    for (uint32_t digit = 1u << 24; digit != 0; digit >>= 1, rest <<= 1)
        if (2 * root + digit <= rest) {
            rest -= 2 * root + digit;
            root += digit;
        }
    root = (root + 1) >> 1; /* never a tie: no root of 24 bits ends after 25 */
    bits = ((uint32_t)((exponent >> 1) + 126) << 23) + root;
    memcpy(&x, &bits, 4);
    return x;
}

#endif
