#include "tl_scaled.h"

TL_SCALED(add, s8, int8_t, tl_add, tl_scaled_sum)
