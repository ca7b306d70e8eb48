#include "tl_kernels.h"
#include "tl_sqrtf.h"

void tl_l2_normalization_f32(const float *x, float *y, int32_t rows, int32_t depth)
{
    for (int32_t r = 0; r < rows; r++, x += depth, y += depth) {
        float sum = 0.0f;
        for (int32_t i = 0; i < depth; i++)
            sum += x[i] * x[i];
        float length = tl_sqrtf(sum);
        if (length < 1e-6f)
            length = 1e-6f;
        for (int32_t i = 0; i < depth; i++)
            y[i] = x[i] / length;
    }
}
