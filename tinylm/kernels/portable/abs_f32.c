#include "tl_unary_loops.h"

TL_UNARY_F32(abs, tl_float_of(tl_float_bits(v) & 0x7fffffffu))
