#include "tl_kernels.h"

void tl_cumsum_f32(const tl_cumsum *p, const float *x, float *y)
{
    int32_t step = p->reverse ? -p->inner : p->inner;
    for (int32_t o = 0; o < p->outer; o++)
        for (int32_t i = 0; i < p->inner; i++) {
            int32_t at = (o * p->axis + (p->reverse ? p->axis - 1 : 0)) * p->inner + i;
            float sum = 0.0f;
            for (int32_t k = 0; k < p->axis; k++, at += step) {
                float value = x[at];
                y[at] = p->exclusive ? sum : sum + value;
                sum += value;
            }
        }
}
