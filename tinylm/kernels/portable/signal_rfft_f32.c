#define KERNEL tl_signal_rfft_f32
#define VALUE float

#include "tl_rfft_loops.h"
