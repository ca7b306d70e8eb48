/* What ADD_N and CUMSUM share. */
#ifndef TL_SUM_H
#define TL_SUM_H

#include "tl_fixed.h"
#include "tl_kernels.h"

static inline int8_t tl_scaled_sum(const tl_sum *p, int32_t sum)
{
    sum = tl_divide_by_pot(tl_high_mul((int32_t)((uint32_t)sum << 19), p->multiplier), -p->shift);
    return (int8_t)tl_clamp(sum + p->output_zero_point, p->low, p->high);
}

#endif
