#include "tl_kernels.h"

#include "tl_sum.h"

void tl_cumsum_s8(const tl_cumsum *p, const tl_sum *scale, int32_t zero_point, const int8_t *x, int8_t *y)
{
    int32_t step = p->reverse ? -p->inner : p->inner;
    for (int32_t o = 0; o < p->outer; o++)
        for (int32_t i = 0; i < p->inner; i++) {
            int32_t at = (o * p->axis + (p->reverse ? p->axis - 1 : 0)) * p->inner + i;
            int32_t sum = -zero_point;
            for (int32_t k = 0; k < p->axis; k++, at += step) {
                int32_t value = x[at] - zero_point;
                y[at] = tl_scaled_sum(scale, p->exclusive ? sum : sum + value);
                sum += value;
            }
        }
}
