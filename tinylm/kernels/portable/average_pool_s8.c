#include "tl_fixed.h"
#include "tl_kernels.h"

#define KERNEL tl_average_pool_s8
#define PARAMS tl_pool
#define X int8_t
#define SUM int32_t
#define FIRST 0
#define GATHER(sum, value) ((sum) + (value))
#define END(sum, count) tl_clamp(((sum) + ((sum) > 0 ? (count) / 2 : -((count) / 2))) / (count), p->low, p->high)

#include "tl_pool_loops.h"
