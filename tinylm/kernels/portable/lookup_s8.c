#include "tl_kernels.h"

#define ONE(i) y[i] = table[(uint8_t)x[i]]

void tl_lookup_s8(const int8_t *table, const int8_t *x, int8_t *y, int32_t count)
{
    TL_ROLLED
    for (; count >= 8; count -= 8, x += 8, y += 8)
        ONE(0), ONE(1), ONE(2), ONE(3), ONE(4), ONE(5), ONE(6), ONE(7);
    TL_ROLLED
    for (; count > 0; count--)
        *y++ = table[(uint8_t)*x++];
}
