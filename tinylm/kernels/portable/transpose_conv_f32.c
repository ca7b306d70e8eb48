#include "tl_fixed.h"
#include "tl_kernels.h"

#define KERNEL tl_transpose_conv_f32
#define PARAMS tl_transpose_conv_float
#define X float
#define WEIGHTS float
#define SUM float
#define VALUE(x) (x)
#define BEGIN(n) 0.0f
#define END(sum, n) tl_clampf(sum + p->bias[n], p->low, p->high)

#include "tl_transpose_conv_loops.h"
