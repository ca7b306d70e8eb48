#define KERNEL tl_signal_irfft_f32
#define VALUE float

#include "tl_irfft_loops.h"
