#include "tl_kernels.h"

/* weight * x, modulo 2^64, by two products of 32 bits. */
static uint64_t product(int32_t weight, uint32_t x)
{
    int64_t high = weight * (int32_t)(x >> 16), low = weight * (int32_t)(x & 0xffff);
    return ((uint64_t)high << 16) + (uint64_t)low;
}

void tl_signal_filter_bank(const tl_signal_bank *p, const uint32_t *x, const int16_t *weights, const int16_t *unweights, tl_uint64 *y)
{
    const int16_t *section = p->sections;
    uint64_t sum = 0;
    for (int32_t i = 0; i <= p->channels; i++, section += 3) {
        uint64_t next = 0;
        for (int32_t j = 0; j < section[2]; j++) {
            uint32_t energy = x[section[0] + j];
            sum += product(weights[section[1] + j], energy);
            next += product(unweights[section[1] + j], energy);
        }
        if (i > 0)
            y[i - 1] = sum;
        sum = next;
    }
}
