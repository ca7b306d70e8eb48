#include "tl_fixed.h"
#include "tl_kernels.h"

/* Two weights of a byte at once: the lower nibble is the first. */
static uint32_t product(const uint8_t *weights, const int8_t *x, int32_t count)
{
    uint32_t sum = 0;
    const int8_t *end = x + (count & -2);
    while (x != end) {
        int32_t both = (int8_t)*weights++;
        int32_t first = (int32_t)((uint32_t)both << 28) >> 28;
        sum += (uint32_t)(first * x[0]);
        sum += (uint32_t)((both >> 4) * x[1]);
        x += 2;
    }
    return count & 1 ? sum + (uint32_t)(tl_int4(weights, 0) * x[0]) : sum;
}

void tl_fc_s4(const tl_fc *p, const int8_t *x, int8_t *y)
{
    for (int32_t b = 0; b < p->batches; b++, x += p->inputs) {
        const uint8_t *weights = p->weights;
        uint32_t all = 0;
        for (int32_t i = 0; i < p->inputs && p->weights_zero_point != 0; i++)
            all += (uint32_t)x[i];
        all *= (uint32_t)p->weights_zero_point;
        for (int32_t n = 0; n < p->outputs; n++, weights += (p->inputs + 1) >> 1) {
            int32_t of = p->per_channel ? n : 0;
            uint32_t sum = (uint32_t)p->bias[n] + product(weights, x, p->inputs) - all;
            *y++ = (int8_t)tl_finish(sum, p->multiplier[of], p->shift[of], p->output_zero_point, p->low, p->high);
        }
    }
}
