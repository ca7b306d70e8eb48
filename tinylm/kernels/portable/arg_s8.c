#include "tl_arg.h"

TL_ARG(s8, int8_t)
