#define WEIGHT_BITS 4
#include "tl_fc_packed_loops.h"

TL_FINISHES(KERNEL, tl_fc_nibbles, tl_quads)
TL_PROVED(KERNEL, tl_fc_nibbles, tl_quads, _bare)
