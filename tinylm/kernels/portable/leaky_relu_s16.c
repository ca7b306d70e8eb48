#include "tl_fixed.h"
#include "tl_kernels.h"

void tl_leaky_relu_s16(const tl_leaky_relu *p, const int16_t *x, int16_t *y)
{
    for (int32_t i = 0; i < p->count; i++) {
        int32_t value = x[i] - p->input_zero_point;
        uint32_t scaled = (uint32_t)(value >= 0 ? tl_requantize(value, p->above, p->above_shift)
                                                : p->sign * tl_requantize(value, p->below, p->below_shift));
        y[i] = (int16_t)tl_clamp((int32_t)(scaled + (uint32_t)p->output_zero_point), INT16_MIN, INT16_MAX);
    }
}
