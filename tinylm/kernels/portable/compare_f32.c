#include "tl_binary_loops.h"

TL_COMPARE(f32, float)
