#include "tl_fixed.h"
#include "tl_kernels.h"

#define KERNEL tl_fc_f32
#define PARAMS tl_fc_float
#define X float
#define SUM float
#define WEIGHTS float
#define WEIGHT(i) weights[i]
#define ROW p->inputs
#define OFFSET 0
#define BEGIN(n) 0.0f
#define END(sum, n) tl_clampf(sum + p->bias[n], p->low, p->high)

#include "tl_fc_loops.h"
