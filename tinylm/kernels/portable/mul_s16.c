#include "tl_scaled.h"

TL_SCALED(mul, s16, int16_t, tl_mul, tl_scaled_product)
