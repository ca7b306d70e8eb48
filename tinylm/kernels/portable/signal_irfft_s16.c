#include <stdint.h>

#define KERNEL tl_signal_irfft_s16
#define VALUE int16_t
#define WIDE int32_t
#define BITS 15

#include "tl_irfft_loops.h"
