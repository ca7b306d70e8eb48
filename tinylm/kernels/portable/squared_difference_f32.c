#include "tl_binary_loops.h"

void tl_squared_difference_f32(const tl_loops *p, const float *a, const float *b, float *y)
{
    TL_BROADCAST(p, float, float, (u - v) * (u - v));
}
