#include "tl_binary_loops.h"

TL_COMPARE(u8, uint8_t)
