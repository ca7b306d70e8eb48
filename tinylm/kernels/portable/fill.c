#include "tl_kernels.h"

void tl_fill(const void *value, void *y, int32_t bytes, int32_t count)
{
    uint8_t *to = y;
    if (bytes == 1) {
        memset(to, *(const uint8_t *)value, (size_t)count);
        return;
    }
    for (int32_t i = 0; i < count; i++, to += bytes)
        memcpy(to, value, (size_t)bytes);
}
