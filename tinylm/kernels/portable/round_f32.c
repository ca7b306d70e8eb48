#include "tl_unary_loops.h"

TL_UNARY_F32(round, tl_roundf(v))
