#include "tl_fixed.h"
#include "tl_kernels.h"

#define KERNEL tl_lstm_s8
#define X int8_t
#define LOW INT8_MIN
#define HIGH INT8_MAX
#define SUM uint32_t
#define BIAS uint32_t
#define SCALE(sum, part) tl_requantize((int32_t)(sum), (part)->multiplier, (part)->shift)

#include "tl_lstm_loops.h"
