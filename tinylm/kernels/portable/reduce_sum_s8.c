#include "tl_fixed.h"
#include "tl_kernels.h"

#define KERNEL tl_reduce_sum_s8
#define PARAMS tl_reduce_sum
#define X int8_t
#define SUM uint32_t
#define FIRST (uint32_t)p->offset
#define GATHER(sum, value) ((sum) + (uint32_t)(value))
#define END(sum) tl_finish(sum, p->multiplier, p->shift, p->output_zero_point, INT8_MIN, INT8_MAX)

#include "tl_reduce_loops.h"
