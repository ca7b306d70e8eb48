#include "tl_fixed.h"
#include "tl_kernels.h"

#define KERNEL tl_reduce_sum_f32
#define PARAMS tl_reduce
#define X float
#define SUM float
#define FIRST 0.0f
#define GATHER(sum, value) ((sum) + (value))
#define END(sum) (sum)

#include "tl_reduce_loops.h"
