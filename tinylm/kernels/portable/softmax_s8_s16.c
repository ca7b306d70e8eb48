#include "tl_kernels.h"

#define KERNEL tl_softmax_s8_s16
#define Y int16_t
#define LOW INT16_MIN
#define HIGH INT16_MAX

#include "tl_softmax_loops.h"
