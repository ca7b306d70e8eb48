#include "tl_unary_loops.h"

TL_REQUANTIZE(s16, int16_t, s32, int32_t)
