#include "tl_dsp.h"
#include "tl_kernels.h"

enum { GROUP = 4 };
#define INLINE static inline __attribute__((always_inline))

INLINE uint32_t load(const int8_t *at, int32_t count)
{
    uint32_t word = 0;
    if (count == GROUP)
        return tl_word(at);
    for (int32_t i = 0; i < count; i++)
        word |= (uint32_t)(uint8_t)at[i] << 8 * i;
    return word;
}

INLINE void store(int8_t *at, uint32_t word, int32_t count)
{
    if (count == GROUP)
        memcpy(at, &word, GROUP);
    else
        for (int32_t i = 0; i < count; i++, word >>= 8)
            at[i] = (int8_t)word;
}

INLINE void multiply(int32_t *sums, uint32_t x, uint32_t w)
{
    int16x2_t x02 = tl_even(x), x13 = tl_odd(x), w02 = tl_even(w), w13 = tl_odd(w);
    sums[0] = __smlabb(x02, w02, sums[0]);
    sums[1] = __smlabb(x13, w13, sums[1]);
    sums[2] = __smlatt(x02, w02, sums[2]);
    sums[3] = __smlatt(x13, w13, sums[3]);
}

/* One multiplier and shift a channel. */
static TL_SMALL void finish_each(const tl_causal *p, const int32_t *sums, int32_t n, int8_t *y, int32_t count)
{
    for (int32_t i = 0; i < count; i++, n++) {
        int32_t right = -p->shift[n];
        y[i] = (int8_t)tl_short(2 * sums[i], p->multiplier[n], (2 * p->output_zero_point + 1) * (1 << (right - 1)), right);
    }
}

/* Up to four channels from n on; returns the next group. */
INLINE const uint32_t *group(const tl_causal *p, const uint32_t *w, const int8_t *x, const int8_t *now, int8_t *y, int8_t *next, int32_t n,
                             const tl_quick *f, int32_t count)
{
    int32_t sums[GROUP] = {(int32_t)w[0], (int32_t)w[1], (int32_t)w[2], (int32_t)w[3]}, channels = p->channels;
    const int8_t *at = x + n, *last = at + (p->past - 1) * channels;
    int8_t *to = next + n;
    multiply(sums, load(at, count), w[GROUP]);
    w += GROUP + 1;
    TL_ROLLED
    for (; at != last; to += channels) {
        at += channels;
        uint32_t word = load(at, count);
        store(to, word, count);
        multiply(sums, word, *w++);
    }
    uint32_t word = load(now + n, count);
    store(to, word, count);
    multiply(sums, word, *w++);
    if (p->per_channel)
        finish_each(p, sums, n, y + n, count);
    else
        for (int32_t i = 0; i < count; i++)
            y[n + i] = (int8_t)tl_short(2 * sums[i], f->multiplier, f->start, f->right);
    return w;
}

void tl_causal_short_s8(const tl_causal *p, const int8_t *x, const int8_t *now, int8_t *y, int8_t *next)
{
    tl_quick f = {p->multiplier[0], (2 * p->output_zero_point + 1) * (1 << (-p->shift[0] - 1)), -p->shift[0]};
    const uint32_t *w = p->groups;
    int32_t n = 0;
    TL_ROLLED
    for (; n + GROUP <= p->channels; n += GROUP)
        w = group(p, w, x, now, y, next, n, &f, GROUP);
    if (n < p->channels)
        (void)group(p, w, x, now, y, next, n, &f, p->channels - n);
    tl_clamp_s8(y, p->channels, p->low, p->high);
}
