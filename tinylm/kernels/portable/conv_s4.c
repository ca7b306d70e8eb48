#include "tl_fixed.h"
#include "tl_kernels.h"

#define KERNEL tl_conv_s4
#define PARAMS tl_conv
#define X int8_t
#define SUM uint32_t
#define WEIGHTS uint8_t
#define WEIGHT(i) tl_int4(weights, i)
#define NEXT_ROW weights += (p->window.height * p->window.width * p->group_inputs + 1) >> 1
#define FOLDED 1
#define BEGIN(n) ((const uint32_t *)p->bias)[n]
#define END(sum, n) tl_finish(sum, p->multiplier[p->per_channel ? n : 0], p->shift[p->per_channel ? n : 0], p->output_zero_point, p->low, p->high)

#include "tl_conv_loops.h"
