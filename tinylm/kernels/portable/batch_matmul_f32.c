#include "tl_fixed.h"
#include "tl_kernels.h"

#define KERNEL tl_batch_matmul_f32
#define X float
#define SUM float
#define A(value) (value)
#define B(value) (value)
#define END(sum) (sum)

#include "tl_batch_matmul_loops.h"
