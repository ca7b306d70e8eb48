#include <stdint.h>

#define KERNEL tl_signal_rfft_s32
#define VALUE int32_t
#define WIDE int64_t
#define BITS 31

#include "tl_rfft_loops.h"
