#include "tl_fixed.h"
#include "tl_kernels.h"

#define KERNEL tl_reduce_all_bool
#define PARAMS tl_reduce
#define X uint8_t
#define SUM uint8_t
#define FIRST 1
#define GATHER(sum, value) (uint8_t)((sum) && (value))
#define END(sum) (sum)

#include "tl_reduce_loops.h"
