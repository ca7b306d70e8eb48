#include "tl_unary_loops.h"

/* The limits are where float32 has no more of the other term. */
static inline float logistic(float v)
{
    return v > 16.619047164916992f ? 1.0f : v < -9.0f ? tl_expf(v) : 1.0f / (1.0f + tl_expf(-v));
}

TL_UNARY_F32(logistic, logistic(v))
