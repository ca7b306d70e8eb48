#include "tl_kernels.h"

void tl_signal_energy(const int16_t *x, uint32_t *y, int32_t start, int32_t end, int32_t count)
{
    memset(y, 0, (size_t)count * sizeof *y);
    for (int32_t i = start; i < end; i++) {
        int32_t real = x[2 * i], imaginary = x[2 * i + 1];
        y[i] = (uint32_t)(real * real) + (uint32_t)(imaginary * imaginary);
    }
}
