#include "tl_unary_loops.h"

TL_UNARY_F32(rsqrt, 1.0f / tl_sqrtf(v))
