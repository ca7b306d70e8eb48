#include "tl_unary_loops.h"

TL_UNARY_F32(sin, tl_sinf(v))
