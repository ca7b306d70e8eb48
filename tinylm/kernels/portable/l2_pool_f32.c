#include "tl_fixed.h"
#include "tl_kernels.h"
#include "tl_sqrtf.h"

#define KERNEL tl_l2_pool_f32
#define PARAMS tl_pool_float
#define X float
#define SUM float
#define FIRST 0.0f
#define GATHER(sum, value) ((sum) + (value) * (value))
#define END(sum, count) tl_clampf(tl_sqrtf((sum) / (float)(count)), p->low, p->high)

#include "tl_pool_loops.h"
