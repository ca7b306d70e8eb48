#include "tl_kernels.h"

void tl_signal_auto_scale(const int16_t *x, int16_t *y, int32_t *bits, int32_t count)
{
    int16_t largest = 0; /* in 16 bits, as in TFLM: -32768 has no magnitude and stays negative */
    for (int32_t i = 0; i < count; i++) {
        if (x[i] > largest)
            largest = x[i];
        else if (-x[i] > largest)
            largest = (int16_t)-x[i];
    }
    int32_t shift = 0;
    if (largest > 0) {
        while (((int32_t)largest << (shift + 1)) <= INT16_MAX)
            shift++;
    }
    for (int32_t i = 0; i < count; i++)
        y[i] = (int16_t)(x[i] * (1 << shift));
    *bits = shift;
}
