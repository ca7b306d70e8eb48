#include "tl_binary_loops.h"

TL_RUN_S32(sub, (uint32_t)u - (uint32_t)v)
