#include "tl_fixed.h"
#include "tl_kernels.h"

#define KERNEL tl_fc_s16_sum32
#define PARAMS tl_fc
#define X int16_t
#define SUM uint32_t
#define WEIGHTS int8_t
#define WEIGHT(i) weights[i]
#define ROW p->inputs
#define OFFSET 1
#define BEGIN(n) (uint32_t)p->bias[n]
#define END(sum, n) tl_finish(sum, p->multiplier[p->per_channel ? n : 0], p->shift[p->per_channel ? n : 0], p->output_zero_point, p->low, p->high)

#include "tl_fc_loops.h"
