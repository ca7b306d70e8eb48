#include "tl_unary_loops.h"

TL_QUANTIZE(s8, int8_t)
