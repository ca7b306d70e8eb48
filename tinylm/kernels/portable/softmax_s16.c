#include "tl_fixed.h"
#include "tl_kernels.h"

static int32_t clamp16(int32_t x)
{
    return tl_clamp(x, INT16_MIN, INT16_MAX);
}

/* The table at x, between entries 128 apart. */
static int32_t interpolate(const int16_t *table, int32_t x)
{
    int32_t at = 256 + (x >> 7), rest = x & 127;
    return table[at] + ((rest * (table[at + 1] - table[at]) + 64) >> 7);
}

void tl_softmax_s16(const tl_softmax *p, const int16_t *x, int16_t *y)
{
    for (int32_t r = 0; r < p->rows; r++, x += p->depth, y += p->depth) {
        int32_t most = INT16_MIN;
        uint32_t sum = 0; /* Q16.15 */
        for (int32_t i = 0; i < p->depth; i++)
            most = x[i] > most ? x[i] : most;
        for (int32_t i = 0; i < p->depth; i++) {
            int32_t scaled = tl_requantize(x[i] - most, p->multiplier, p->shift);
            y[i] = (int16_t)interpolate(p->exp, clamp16((int32_t)((uint32_t)scaled + 32767u)));
            sum += (uint32_t)y[i];
        }
        int zeros = tl_leading_zeros(sum);
        /* The sum as 1 + v with v in 0 .. 1: v * 65536 - 32768 */
        uint32_t unit = zeros > 1 ? sum << (zeros - 1) : sum;
        int32_t rounded = (int32_t)((unit + (1u << 13)) >> 14) - ((1 << 15) + (1 << 16));
        int32_t scale = interpolate(p->reciprocal, clamp16(rounded));
        int shift = 31 - zeros;
        for (int32_t i = 0; i < p->depth; i++) {
            int32_t value = (int32_t)(((uint32_t)(y[i] * scale) + (1u << (shift - 1)))) >> shift;
            y[i] = (int16_t)tl_clamp(value, 0, INT16_MAX);
        }
    }
}
