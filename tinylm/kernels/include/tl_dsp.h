/* What the kernels for cores with the DSP extension share. */
#ifndef TL_DSP_H
#define TL_DSP_H

#include <arm_acle.h>

#include "tl_types.h"
#include "tl_unary.h"

static inline uint32_t tl_word(const void *at)
{
    uint32_t word;
    memcpy(&word, at, 4);
    return word;
}

/* These become single instructions, or part of one. (GCC 12 has no __ror, __smulbb and __smultt.) */
static inline uint32_t tl_right8(uint32_t bytes)
{
    return bytes >> 8 | bytes << 24;
}

static inline int32_t tl_low_product(int16x2_t a, int16x2_t b)
{
    return (int16_t)a * (int16_t)b;
}

static inline int32_t tl_high_product(int16x2_t a, int16x2_t b)
{
    return ((int32_t)a >> 16) * ((int32_t)b >> 16);
}

/* Bytes 0 and 2 of a word as two signed lanes; bytes 1 and 3. */
static inline int16x2_t tl_even(uint32_t bytes)
{
    return __sxtb16((int8x4_t)bytes);
}

static inline int16x2_t tl_odd(uint32_t bytes)
{
    return __sxtb16((int8x4_t)tl_right8(bytes));
}

/* One vector of lanes (0, 2), (1, 3) of every four values, doubled, times `left` rows of depth bytes, one behind the other: each product,
 * on top of sum, requantised to a y. depth: a multiple of 4; left >= 1. dots.S knows the order of the fields. */
typedef struct {
    const uint32_t *lanes;
    int32_t multiplier, start, right;
    int8_t *y;
    int32_t left, sum;
    const int8_t *rows;
    const uint32_t *lanes_end;
    int32_t depth;
} tl_dots;
void tl_dot_rows(const tl_dots *of);

/* The means of rows by their shares, lanes (0, 2), (1, 3) of every four rows, `step` bytes apart; depth: a multiple of 4. */
typedef struct {
    const uint32_t *shares;
    const int8_t *rows;
    int32_t multiplier, start, right;
    int8_t *y, *y_end;
    int32_t depth;
    const uint32_t *shares_end;
    int32_t step;
} tl_shares;
void tl_mean_rows(const tl_shares *of);

/* Half of `twice`, a sum, requantised: see tl_groups.h. Before it is saturated; to int8; to int16. */
static inline int32_t tl_short_wide(int32_t twice, int32_t multiplier, int32_t start, int32_t right)
{
    int32_t result;
    __asm__("smmlar %0, %1, %2, %3" : "=r"(result) : "r"(twice), "r"(multiplier), "r"(start + (twice >> 31)));
    return result >> right;
}

static inline int32_t tl_short(int32_t twice, int32_t multiplier, int32_t start, int32_t right)
{
    return __ssat(tl_short_wide(twice, multiplier, start, right), 8);
}

static inline int32_t tl_short16(int32_t twice, int32_t multiplier, int32_t start, int32_t right)
{
    return __ssat(tl_short_wide(twice, multiplier, start, right), 16);
}

/* What the short requantisation takes, from what the long one takes. */
typedef struct {
    int32_t multiplier, start, right;
} tl_quick;

static inline tl_quick tl_quick_of(const tl_requant *r)
{
    return (tl_quick){r->multiplier, (2 * r->output_zero_point + 1) * (1 << (-r->shift - 1)), -r->shift};
}

/* The larger of each of four unsigned bytes: (a - b, at least 0) + b. Not by SEL, whose flags come out wrong in Renode 1.15.1. */
static inline uint8x4_t tl_larger_four(uint8x4_t a, uint8x4_t b)
{
    return __uadd8(__uqsub8(a, b), b);
}

static inline int8x4_t tl_four(int32_t value)
{
    return (int8x4_t)((uint32_t)(value & 255) * 0x01010101u);
}

/* y clamped to low .. high, where that is less than int8's range; four at once, by running into int8's own ends. */
static inline void tl_clamp_s8(int8_t *y, int32_t count, int32_t low, int32_t high)
{
    int32_t up = 127 - high, down = up + low + 128;
    int8x4_t up1 = tl_four(up >> 1), up2 = tl_four(up - (up >> 1)), back = tl_four(low + 128);
    int8x4_t down1 = tl_four(down >> 1), down2 = tl_four(down - (down >> 1));
    if (low <= -128 && high >= 127)
        return;
    TL_ROLLED
    for (; count >= 4 && low < high; count -= 4, y += 4) {
        int8x4_t four = (int8x4_t)tl_word(y);
        if (up)
            four = __qadd8(__qadd8(four, up1), up2);
        four = __sadd8(__qsub8(__qsub8(four, down1), down2), back);
        memcpy(y, &four, 4);
    }
    TL_ROLLED
    for (; count > 0; count--, y++)
        *y = (int8_t)(*y < low ? low : *y > high ? high : *y);
}

#endif
