#include "tl_unary_loops.h"

TL_QUANTIZE(s16, int16_t)
