#include "tl_fixed.h"
#include "tl_kernels.h"

#define KERNEL tl_svdf_s16
#define STATE int16_t
#define LOW INT16_MIN
#define HIGH INT16_MAX

#include "tl_svdf_loops.h"
