#include "tl_fixed.h"
#include "tl_kernels.h"

#define KERNEL tl_batch_matmul_s16
#define X int16_t
#define SUM int64_t
#define A(value) (value)
#define B(value) (value)
#define END(sum) tl_clamp(tl_requantize64((uint64_t)sum, p->multiplier, p->shift), INT16_MIN, INT16_MAX)

#include "tl_batch_matmul_loops.h"
