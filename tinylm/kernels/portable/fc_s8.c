#include "tl_fixed.h"
#include "tl_kernels.h"

void tl_fc_s8(const tl_fc *p, const int8_t *x, int8_t *y)
{
    for (int32_t b = 0; b < p->batches; b++, x += p->inputs) {
        const int8_t *w = p->weights;
        for (int32_t n = 0; n < p->outputs; n++, w += p->inputs) {
            int32_t sum = p->bias[n];
            for (int32_t k = 0; k < p->inputs; k++)
                sum += w[k] * x[k];
            int32_t channel = p->per_channel ? n : 0;
            sum = tl_requantize(sum, p->multiplier[channel], p->shift[channel]);
            *y++ = (int8_t)tl_clamp(sum + p->output_zero_point, p->low, p->high);
        }
    }
}
