#include "tl_arg.h"

TL_ARG(f32, float)
