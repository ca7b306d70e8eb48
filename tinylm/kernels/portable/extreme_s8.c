#include "tl_binary_loops.h"

TL_EXTREME(s8, int8_t)
