#include "tl_binary_loops.h"

TL_RUN_S32(add, (uint32_t)u + (uint32_t)v)
