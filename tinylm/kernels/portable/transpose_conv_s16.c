#include "tl_fixed.h"
#include "tl_kernels.h"

#define KERNEL tl_transpose_conv_s16
#define PARAMS tl_transpose_conv
#define X int16_t
#define WEIGHTS int8_t
#define SUM int64_t
#define VALUE(x) (x)
#define BEGIN(n) ((const int64_t *)p->bias)[n]
#define END(sum, n) tl_clamp(tl_requantize64((uint64_t)sum, p->multiplier[p->per_channel ? n : 0], p->shift[p->per_channel ? n : 0]), p->low, p->high)

#include "tl_transpose_conv_loops.h"
