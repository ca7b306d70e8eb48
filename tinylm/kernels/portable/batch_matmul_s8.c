#include "tl_fixed.h"
#include "tl_kernels.h"

#define KERNEL tl_batch_matmul_s8
#define X int8_t
#define SUM uint32_t
#define A(value) ((value) - p->zero_point_a)
#define B(value) ((value) - p->zero_point_b)
#define END(sum) tl_finish(sum, p->multiplier, p->shift, p->output_zero_point, INT8_MIN, INT8_MAX)

#include "tl_batch_matmul_loops.h"
