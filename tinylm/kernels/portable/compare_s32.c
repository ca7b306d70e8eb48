#include "tl_binary_loops.h"

TL_COMPARE(s32, int32_t)
