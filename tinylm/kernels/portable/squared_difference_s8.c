#include "tl_scaled.h"

TL_SCALED(squared_difference, s8, int8_t, tl_add, tl_scaled_square)
