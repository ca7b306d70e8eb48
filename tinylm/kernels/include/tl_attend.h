/* What the attention kernels share. */
#ifndef TL_ATTEND_H
#define TL_ATTEND_H

#include "tl_fixed.h"
#include "tl_kernels.h"
#include "tl_reciprocal.h"

/* How many of `window` slots lie at or before a place. */
static inline int32_t tl_slots(const int32_t *place, int32_t window)
{
    return *place < 0 ? 0 : *place >= window ? window : *place + 1;
}

/* exp (Q0.31) to share: share = (exp * scale + 2^30) / 2^31, then / 2^bits, both rounded; from 0 to 255. */
typedef struct {
    int32_t scale, bits;
} tl_share;

/* sum: of all exps, Q12.19. */
static inline tl_share tl_share_of(int32_t sum)
{
    int zeros = tl_leading_zeros((uint32_t)sum);
    return (tl_share){tl_reciprocal((int32_t)(((uint32_t)sum << zeros) - 0x80000000u)), 12 - zeros + 31 - 8};
}

static inline uint8_t tl_share_value(tl_share s, int32_t exp)
{
    int32_t value = tl_divide_by_pot(tl_high_mul(s.scale, exp), s.bits);
    return (uint8_t)(value > 255 ? 255 : value);
}

#endif
