#include "tl_binary_loops.h"

TL_ARITHMETIC_F32(add, +)
