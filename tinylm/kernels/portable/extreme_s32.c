#include "tl_binary_loops.h"

TL_EXTREME(s32, int32_t)
