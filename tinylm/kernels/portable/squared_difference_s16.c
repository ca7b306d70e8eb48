#include "tl_scaled.h"

TL_SCALED(squared_difference, s16, int16_t, tl_add, tl_scaled_square)
