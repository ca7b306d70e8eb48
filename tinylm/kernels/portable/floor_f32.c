#include "tl_unary_loops.h"

TL_UNARY_F32(floor, tl_floorf(v))
