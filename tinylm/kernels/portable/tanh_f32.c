#include "tl_unary_loops.h"

TL_UNARY_F32(tanh, tl_tanhf(v))
