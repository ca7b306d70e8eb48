#include "tl_binary_loops.h"

TL_EXTREME(s64, tl_int64)
