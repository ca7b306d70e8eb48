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

/* The whole groups, where all channels are finished alike; causal.S knows the order of the fields. y_end: behind whole groups.
 * behind: bytes from x's first row to its last; moved: from a row of x to where it lies for the next time. */
typedef struct {
    int32_t multiplier, start, right;
    int8_t *y, *y_end;
    int32_t behind;
    const int8_t *x;
    const uint32_t *groups;
    int32_t channels, moved;
    const int8_t *now;
} job;
void tl_causal_groups(const job *j);

/* w: two words of doubled weights. */
INLINE void multiply(int32_t *sums, uint32_t x, const uint32_t *w)
{
    int16x2_t x02 = tl_even(x), x13 = tl_odd(x), w02 = (int16x2_t)w[0], w13 = (int16x2_t)w[1];
    sums[0] = __smlabb(x02, w02, sums[0]);
    sums[1] = __smlabb(x13, w13, sums[1]);
    sums[2] = __smlatt(x02, w02, sums[2]);
    sums[3] = __smlatt(x13, w13, sums[3]);
}

static TL_SMALL void finish(const tl_causal *p, const int32_t *twice, int32_t n, int8_t *y, int32_t count)
{
    for (int32_t i = 0; i < count; i++, n++) {
        int32_t of = p->per_channel ? n : 0, right = -p->shift[of];
        y[n] = (int8_t)tl_short(twice[i], p->multiplier[of], (2 * p->output_zero_point + 1) * (1 << (right - 1)), right);
    }
}

/* Up to four channels from n on; returns the next group. */
INLINE const uint32_t *group(const tl_causal *p, const uint32_t *w, const int8_t *x, const int8_t *now, int8_t *y, int8_t *next, int32_t n,
                             int32_t count)
{
    int32_t sums[GROUP] = {(int32_t)w[0], (int32_t)w[1], (int32_t)w[2], (int32_t)w[3]}, channels = p->channels;
    const int8_t *at = x + n, *last = at + (p->past - 1) * channels;
    int8_t *to = next + n;
    multiply(sums, load(at, count), w + GROUP);
    w += GROUP + 2;
    TL_ROLLED
    for (; at != last; to += channels, w += 2) {
        at += channels;
        uint32_t word = load(at, count);
        store(to, word, count);
        multiply(sums, word, w);
    }
    uint32_t word = load(now + n, count);
    store(to, word, count);
    multiply(sums, word, w);
    finish(p, sums, n, y, count);
    return w + 2;
}

void tl_causal_short_s8(const tl_causal *p, const int8_t *x, const int8_t *now, int8_t *y, int8_t *next)
{
    int32_t n = 0, channels = p->channels, whole = channels & -GROUP, right = -p->shift[0];
    const uint32_t *w = p->groups;
    if (whole && !p->per_channel) {
        int32_t start = (2 * p->output_zero_point + 1) * (1 << (right - 1)), moved = (int32_t)(next - x) - channels;
        job j = {p->multiplier[0], start, right, y, y + whole, (p->past - 1) * channels, x, w, channels, moved, now};
        tl_causal_groups(&j);
        n = whole;
        w += whole / GROUP * (GROUP + 2 * (p->past + 1));
    }
    TL_ROLLED
    for (; n < whole; n += GROUP)
        w = group(p, w, x, now, y, next, n, GROUP);
    if (n < channels)
        (void)group(p, w, x, now, y, next, n, channels - n);
    tl_clamp_s8(y, p->channels, p->low, p->high);
}
