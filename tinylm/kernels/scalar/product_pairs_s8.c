#include "tl_fixed.h"
#include "tl_kernels.h"

#ifndef __thumb__ /* else pairs.S */
void tl_product_pairs_s8(const tl_product_pairs *p, const int8_t *a, const int8_t *b, int8_t *y)
{
    for (int32_t i = 0; i < p->count; i++) {
        uint32_t v = (uint32_t)((a[i] - p->zero1) * (b[i] - p->zero2));
        uint32_t below = (uint32_t)((int32_t)(v * (uint32_t)p->lower) >> 15);
        int32_t scaled = (int32_t)(v * (uint32_t)p->upper + below + (1 << 14)) >> 15;
        uint32_t sum = (uint32_t)scaled + (uint32_t)(scaled >> 31) + (uint32_t)p->start;
        y[i] = (int8_t)tl_clamp((int32_t)sum >> p->shift, p->low, p->high);
    }
}
#else
typedef int tl_nothing_here;
#endif
