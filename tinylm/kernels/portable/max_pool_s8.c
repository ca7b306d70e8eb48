#include "tl_fixed.h"
#include "tl_kernels.h"

#define KERNEL tl_max_pool_s8
#define PARAMS tl_pool
#define X int8_t
#define SUM int32_t
#define FIRST INT8_MIN
#define GATHER(sum, value) ((value) > (sum) ? (value) : (sum))
#define END(sum, count) tl_clamp(sum, p->low, p->high)

#include "tl_pool_loops.h"
