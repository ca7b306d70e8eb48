#include "tl_fixed.h"
#include "tl_kernels.h"

#define KERNEL tl_conv_f32
#define PARAMS tl_conv_float
#define X float
#define SUM float
#define WEIGHTS float
#define WEIGHT(i) weights[i]
#define NEXT_ROW weights += p->window.height * p->window.width * p->group_inputs
#define FOLDED 0
#define BEGIN(n) 0.0f
#define END(sum, n) tl_clampf(sum + p->bias[n], p->low, p->high)

#include "tl_conv_loops.h"
