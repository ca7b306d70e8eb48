#include "tl_binary_loops.h"

TL_ARITHMETIC_S32(mul, (uint32_t)u * (uint32_t)v)
