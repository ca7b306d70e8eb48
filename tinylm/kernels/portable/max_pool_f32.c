#include "tl_fixed.h"
#include "tl_kernels.h"

#define KERNEL tl_max_pool_f32
#define PARAMS tl_pool_float
#define X float
#define SUM float
#define FIRST -3.402823466e+38f
#define GATHER(sum, value) ((value) > (sum) ? (value) : (sum))
#define END(sum, count) tl_clampf(sum, p->low, p->high)

#include "tl_pool_loops.h"
