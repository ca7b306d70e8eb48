#include "tl_fixed.h"
#include "tl_kernels.h"

#define KERNEL tl_fc_s16
#define PARAMS tl_fc_wide
#define X int16_t
#define SUM int64_t
#define WEIGHTS int8_t
#define WEIGHT(i) weights[i]
#define ROW p->inputs
#define OFFSET 1
#define BEGIN(n) p->bias[n]
#define END(sum, n) tl_clamp(tl_requantize64((uint64_t)sum, p->multiplier[p->per_channel ? n : 0], p->shift[p->per_channel ? n : 0]), p->low, p->high)

#include "tl_fc_loops.h"
