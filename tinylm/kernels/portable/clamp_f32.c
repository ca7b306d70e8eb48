#include "tl_kernels.h"

void tl_clamp_f32(const float *x, float *y, int32_t count, float low, float high)
{
    for (int32_t i = 0; i < count; i++)
        y[i] = x[i] > high ? high : x[i] < low ? low : x[i];
}
