#include "tl_fixed.h"
#include "tl_kernels.h"

#define KERNEL tl_depthwise_f32
#define PARAMS tl_depthwise_float
#define X float
#define SUM float
#define WEIGHTS float
#define WEIGHT(row, i) weights[(row) * w->out_channels + (i)]
#define FOLDED 0
#define BEGIN(n) 0.0f
#define END(sum, n) tl_clampf(sum + p->bias[n], p->low, p->high)

#include "tl_depthwise_loops.h"
