#define NAME tl_rms_norm_weighed
#define BEFORE                                  \
    tl_quick c = tl_quick_of(&p->weighing);     \
    const int16_t *weight = p->weights;
#define VALUE tl_short16(2 * *of * *weight++, c.multiplier, c.start, c.right)
#include "tl_rms_norm_loops.h"
