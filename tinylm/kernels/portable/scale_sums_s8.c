#include "tl_kernels.h"

#include "tl_sum.h"

void tl_scale_sums_s8(const tl_sum *p, const void *sum, int8_t *y, int32_t count)
{
    for (int32_t i = 0; i < count; i++)
        y[i] = tl_scaled_sum(p, ((const int32_t *)sum)[i]);
}
