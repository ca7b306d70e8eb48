#include "tl_unary_loops.h"

TL_DEQUANTIZE(s8, int8_t)
