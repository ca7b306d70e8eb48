#include "tl_unary_loops.h"

TL_UNARY_F32(elu, v < 0.0f ? tl_expm1f(v) : v)
