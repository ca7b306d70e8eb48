#include "tl_kernels.h"

void tl_signal_subtract(const tl_signal_subtraction *p, const uint32_t *x, uint32_t *noise, uint32_t *y, uint32_t *estimate)
{
    for (int32_t i = 0; i < p->channels; i++) {
        uint32_t value = x[i], scaled = value << p->smoothing_bits;
        uint64_t mixed = (uint64_t)scaled * p->smoothing[i & 1] + (uint64_t)noise[i] * p->one_minus_smoothing[i & 1];
        uint32_t level = (uint32_t)(mixed >> p->bits), taken = level > scaled ? scaled : level;
        noise[i] = estimate[i] = p->clamping ? taken : level;
        uint32_t floor = (uint32_t)(((uint64_t)value * p->least) >> p->bits), left = (scaled - taken) >> p->smoothing_bits;
        y[i] = left > floor ? left : floor;
    }
}
