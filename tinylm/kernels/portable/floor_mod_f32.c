#include "tl_binary_loops.h"

static inline float floor_mod(float a, float b)
{
    float rest = tl_fmodf(a, b);
    return rest != 0.0f && (b < 0.0f) != (rest < 0.0f) ? rest + b : rest;
}

void tl_floor_mod_f32(const tl_loops *p, const float *a, const float *b, float *y)
{
    TL_BROADCAST(p, float, float, floor_mod(u, v));
}
