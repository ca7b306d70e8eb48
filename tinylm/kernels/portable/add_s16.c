#include "tl_scaled.h"

TL_SCALED(add, s16, int16_t, tl_add, tl_scaled_sum)
