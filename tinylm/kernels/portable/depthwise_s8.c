#include "tl_fixed.h"
#include "tl_kernels.h"

#define KERNEL tl_depthwise_s8
#define PARAMS tl_depthwise
#define X int8_t
#define SUM uint32_t
#define WEIGHTS int8_t
#define WEIGHT(row, i) weights[(row) * w->out_channels + (i)]
#define FOLDED 1
#define BEGIN(n) ((const uint32_t *)p->bias)[n]
#define END(sum, n) tl_finish(sum, p->multiplier[p->per_channel ? n : 0], p->shift[p->per_channel ? n : 0], p->output_zero_point, p->low, p->high)

#include "tl_depthwise_loops.h"
