#include "tl_unary_loops.h"

TL_DEQUANTIZE(u8, uint8_t)
