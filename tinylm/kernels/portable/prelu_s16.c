#include "tl_fixed.h"
#include "tl_kernels.h"

#define KERNEL tl_prelu_s16
#define X int16_t
#define LOW INT16_MIN
#define HIGH INT16_MAX

#include "tl_prelu_loops.h"
