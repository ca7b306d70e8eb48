#include "tl_binary_loops.h"

TL_EXTREME(s16, int16_t)
