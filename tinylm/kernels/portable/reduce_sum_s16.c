#include "tl_fixed.h"
#include "tl_kernels.h"

#define KERNEL tl_reduce_sum_s16
#define PARAMS tl_reduce_sum
#define X int16_t
#define SUM uint32_t
#define FIRST (uint32_t)p->offset
#define GATHER(sum, value) ((sum) + (uint32_t)(value))
#define END(sum) tl_finish(sum, p->multiplier, p->shift, p->output_zero_point, INT16_MIN, INT16_MAX)

#include "tl_reduce_loops.h"
