#include "tl_fixed.h"
#include "tl_kernels.h"

#define KERNEL tl_lstm_s16
#define X int16_t
#define LOW INT16_MIN
#define HIGH INT16_MAX
#define SUM int64_t
#define BIAS int64_t
#define SCALE(sum, part) tl_requantize64((uint64_t)(sum), (part)->multiplier, (part)->shift)

#include "tl_lstm_loops.h"
