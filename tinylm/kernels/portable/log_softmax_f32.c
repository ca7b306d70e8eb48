#include "tl_expf.h"
#include "tl_kernels.h"
#include "tl_logf.h"

void tl_log_softmax_f32(const float *x, float *y, int32_t rows, int32_t depth)
{
    for (int32_t r = 0; r < rows; r++, x += depth, y += depth) {
        float most = -3.402823466e+38f, sum = 0.0f;
        for (int32_t i = 0; i < depth; i++)
            most = x[i] > most ? x[i] : most;
        for (int32_t i = 0; i < depth; i++)
            sum += tl_expf(x[i] - most);
        float log = tl_logf(sum);
        for (int32_t i = 0; i < depth; i++)
            y[i] = x[i] - most - log;
    }
}
