#include "tl_kernels.h"

void tl_lookup_s8(const int8_t *table, const int8_t *x, int8_t *y, int32_t count)
{
    for (int32_t i = 0; i < count; i++)
        y[i] = table[(uint8_t)x[i]];
}
