#include "tl_fixed.h"
#include "tl_kernels.h"

#define KERNEL tl_average_pool_f32
#define PARAMS tl_pool_float
#define X float
#define SUM float
#define FIRST 0.0f
#define GATHER(sum, value) ((sum) + (value))
#define END(sum, count) tl_clampf((sum) / (float)(count), p->low, p->high)

#include "tl_pool_loops.h"
