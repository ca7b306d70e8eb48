#include "tl_binary_loops.h"

TL_COMPARE(s64, tl_int64)
