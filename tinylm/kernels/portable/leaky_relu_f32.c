#include "tl_kernels.h"

void tl_leaky_relu_f32(const float *x, float *y, int32_t count, float alpha)
{
    for (int32_t i = 0; i < count; i++)
        y[i] = x[i] > 0.0f ? x[i] : x[i] * alpha;
}
