#include "tl_scaled.h"

TL_SCALED(mul, s8, int8_t, tl_mul, tl_scaled_product)
