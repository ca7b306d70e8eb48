#include "tl_binary_loops.h"

static inline uint32_t squared(uint32_t difference)
{
    return difference * difference;
}

void tl_squared_difference_s32(const tl_loops *p, const int32_t *a, const int32_t *b, int32_t *y)
{
    TL_BROADCAST(p, int32_t, int32_t, squared((uint32_t)u - (uint32_t)v));
}
