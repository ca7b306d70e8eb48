#define NAME   tl_rms_norm_short
#define BEFORE
#define VALUE  *of
#include "tl_rms_norm_loops.h"
