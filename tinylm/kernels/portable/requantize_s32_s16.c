#include "tl_unary_loops.h"

TL_REQUANTIZE(s32, int32_t, s16, int16_t)
