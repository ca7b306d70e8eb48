#include "tl_fixed.h"
#include "tl_kernels.h"

#define KERNEL tl_prelu_s8
#define X int8_t
#define LOW INT8_MIN
#define HIGH INT8_MAX

#include "tl_prelu_loops.h"
