#include "tl_unary_loops.h"

TL_REQUANTIZE(s8, int8_t, s32, int32_t)
