#include "tl_kernels.h"

void tl_signal_window(const int16_t *x, const int16_t *weights, int16_t *y, int32_t frames, int32_t size, int32_t shift)
{
    for (int32_t frame = 0; frame < frames; frame++) {
        for (int32_t i = 0; i < size; i++) {
            int32_t value = ((int32_t)*x++ * weights[i]) >> shift;
            value = value < INT16_MIN ? INT16_MIN : value;
            *y++ = (int16_t)(value > INT16_MAX ? INT16_MAX : value);
        }
    }
}
