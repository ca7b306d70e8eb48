#include "tl_binary_loops.h"

TL_EXTREME(f32, float)
