#include "tl_kernels.h"

void tl_logical_not(const uint8_t *x, uint8_t *y, int32_t count)
{
    for (int32_t i = 0; i < count; i++)
        y[i] = !x[i];
}
