#include "tl_binary_loops.h"

TL_EXTREME(s64, int64_t)
