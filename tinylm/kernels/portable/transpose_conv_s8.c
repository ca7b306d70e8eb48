#include "tl_fixed.h"
#include "tl_kernels.h"

#define KERNEL tl_transpose_conv_s8
#define PARAMS tl_transpose_conv
#define X int8_t
#define WEIGHTS int8_t
#define SUM uint32_t
#define VALUE(x) ((x) - p->input_zero_point)
#define BEGIN(n) ((const uint32_t *)p->bias)[n]
#define END(sum, n) tl_finish(sum, p->multiplier[p->per_channel ? n : 0], p->shift[p->per_channel ? n : 0], p->output_zero_point, p->low, p->high)

#include "tl_transpose_conv_loops.h"
