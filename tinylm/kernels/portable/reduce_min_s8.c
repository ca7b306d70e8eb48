#include "tl_fixed.h"
#include "tl_kernels.h"

#define KERNEL tl_reduce_min_s8
#define PARAMS tl_reduce
#define X int8_t
#define SUM int32_t
#define FIRST INT8_MAX
#define GATHER(sum, value) ((value) < (sum) ? (value) : (sum))
#define END(sum) (sum)

#include "tl_reduce_loops.h"
