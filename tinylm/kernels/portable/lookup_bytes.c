#include "tl_kernels.h"

void tl_lookup_bytes(const void *table, const void *x, void *y, int32_t count)
{
    const uint8_t *entry = table, *from = x;
    uint8_t *to = y;
    for (int32_t i = 0; i < count; i++)
        to[i] = entry[from[i]];
}
