#include "tl_binary_loops.h"

static inline float floor_div(float a, float b)
{
    double quotient = (double)a / (double)b;
    if (quotient > -0x1p52 && quotient < 0x1p52) {
        double whole = (double)(int64_t)quotient;
        quotient = whole == quotient ? quotient : whole > quotient ? whole - 1.0 : whole;
    }
    return (float)quotient;
}

void tl_floor_div_f32(const tl_loops *p, const float *a, const float *b, float *y)
{
    TL_BROADCAST(p, float, float, floor_div(u, v));
}
