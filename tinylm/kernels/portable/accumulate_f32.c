#include "tl_kernels.h"

void tl_accumulate_f32(const float *x, float *y, int32_t count, int32_t first)
{
    for (int32_t i = 0; i < count; i++)
        y[i] = (first ? 0.0f : y[i]) + x[i];
}
