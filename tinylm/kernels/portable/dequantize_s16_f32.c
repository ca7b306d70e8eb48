#include "tl_unary_loops.h"

TL_DEQUANTIZE(s16, int16_t)
