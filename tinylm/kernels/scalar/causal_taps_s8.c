#include "tl_kernels.h"

void tl_causal_taps_s8(const tl_causal_taps *p, const int8_t *x, const int8_t *now, int8_t *y, int8_t *next, void *scratch)
{
    const int8_t **taps = (const int8_t **)(((uintptr_t)scratch + sizeof *taps - 1) & -sizeof *taps), *at = x; /* moves on hosts only */
    int32_t past = p->past, channels = p->channels;
    tl_taps_job job = {taps, taps + 2 * p->pairs, p->stream, y, channels, p->skip, p->output_zero_point, p->low, p->high};
    for (int32_t i = 0; i < past; i++, at += channels)
        taps[i] = at;
    taps[past] = now;
    taps[2 * p->pairs - 1] = now; /* of an odd number of taps one weighs nothing */
    tl_taps(&job);
    at = x + channels;
    for (; past > 1; past--, at += channels, next += channels)
        memcpy(next, at, (size_t)channels);
    memcpy(next, now, (size_t)channels);
}
