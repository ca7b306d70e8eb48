#include "tl_unary_loops.h"

TL_UNARY_F32(sqrt, tl_sqrtf(v))
