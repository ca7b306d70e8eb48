#include "tl_unary_loops.h"

static inline float relu6(float v)
{
    return v <= 0.0f ? 0.0f : v < 6.0f ? v : 6.0f;
}

TL_UNARY_F32(hard_swish, v * relu6(v + 3.0f) / 6.0f)
