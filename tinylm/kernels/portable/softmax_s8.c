#include "tl_kernels.h"

#define KERNEL tl_softmax_s8
#define Y int8_t
#define LOW INT8_MIN
#define HIGH INT8_MAX

#include "tl_softmax_loops.h"
