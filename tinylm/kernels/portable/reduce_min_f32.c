#include "tl_fixed.h"
#include "tl_kernels.h"

#define KERNEL tl_reduce_min_f32
#define PARAMS tl_reduce
#define X float
#define SUM float
#define FIRST 3.402823466e+38f
#define GATHER(sum, value) ((value) < (sum) ? (value) : (sum))
#define END(sum) (sum)

#include "tl_reduce_loops.h"
