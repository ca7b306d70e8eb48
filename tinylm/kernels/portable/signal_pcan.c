#include "tl_kernels.h"

enum { SNR_BITS = 12, OUTPUT_BITS = 6 };

/* The gain by a parabola in each octave: three coefficients, four entries apart. */
static int16_t gain(uint32_t x, const int16_t *gains)
{
    if (x <= 2)
        return gains[x];
    int32_t octave = 32;
    while (!(x >> (octave - 1)))
        octave--;
    const int16_t *at = gains + 4 * octave - 6;
    int32_t part = (int32_t)((octave < 11 ? x << (11 - octave) : x >> (octave - 11)) & 0x3ff);
    uint32_t slope = (uint32_t)((at[2] * part) >> 5) + ((uint32_t)at[1] << 5);
    return (int16_t)(((int32_t)(slope * (uint32_t)part + (1u << 14)) >> 15) + at[0]);
}

void tl_signal_pcan(const uint32_t *x, const uint32_t *noise, const int16_t *gains, uint32_t *y, int32_t count, int32_t shift)
{
    for (int32_t i = 0; i < count; i++) {
        uint32_t snr = (uint32_t)(((uint64_t)x[i] * (uint32_t)gain(noise[i], gains)) >> shift);
        if (snr < 2u << SNR_BITS)
            y[i] = (snr * snr) >> (2 + 2 * SNR_BITS - OUTPUT_BITS);
        else
            y[i] = (snr >> (SNR_BITS - OUTPUT_BITS)) - (1u << OUTPUT_BITS);
    }
}
