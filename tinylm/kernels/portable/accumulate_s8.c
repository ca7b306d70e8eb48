#include "tl_kernels.h"

void tl_accumulate_s8(const int8_t *x, void *sum, int32_t count, int32_t zero_point, int32_t first)
{
    int32_t *to = sum;
    for (int32_t i = 0; i < count; i++)
        to[i] = (first ? -zero_point : to[i]) + x[i] - zero_point;
}
