#include "tl_fixed.h"
#include "tl_kernels.h"

#define KERNEL tl_svdf_s8
#define STATE int8_t
#define LOW INT8_MIN
#define HIGH INT8_MAX

#include "tl_svdf_loops.h"
