#include "tl_fixed.h"
#include "tl_kernels.h"

void tl_svdf_f32(const tl_svdf_float *p, const float *x, float *state, float *y)
{
    memmove(state, state + 1, ((size_t)p->batches * p->filters * p->memory - 1) * sizeof(float));
    for (int32_t b = 0; b < p->batches; b++, x += p->inputs) {
        const float *feature = p->features, *time = p->times;
        for (int32_t f = 0, unit = 0; f < p->filters; unit++) {
            float total = p->bias[unit];
            for (int32_t r = 0; r < p->rank; r++, f++, feature += p->inputs, state += p->memory) {
                float newest = 0.0f, sum = 0.0f;
                for (int32_t i = 0; i < p->inputs; i++)
                    newest += feature[i] * x[i];
                state[p->memory - 1] = newest;
                for (int32_t m = 0; m < p->memory; m++)
                    sum += *time++ * state[m];
                total += sum;
            }
            *y++ = tl_clampf(total, p->low, p->high);
        }
    }
}
