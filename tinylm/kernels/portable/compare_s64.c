#include "tl_binary_loops.h"

TL_COMPARE(s64, int64_t)
