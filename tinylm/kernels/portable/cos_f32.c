#include "tl_unary_loops.h"

TL_UNARY_F32(cos, tl_cosf(v))
