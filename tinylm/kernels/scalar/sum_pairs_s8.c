#include "tl_fixed.h"
#include "tl_kernels.h"

#ifndef __thumb__ /* else pairs.S */
void tl_sum_pairs_s8(const tl_sum_pairs *p, const int8_t *a, const int8_t *b, int8_t *y)
{
    uint32_t by1 = (uint32_t)p->by1, by2 = (uint32_t)p->by2, start = (uint32_t)p->start;
    for (int32_t i = 0; i < p->count; i++) {
        uint32_t sum = (uint32_t)a[i] * by1 + (uint32_t)b[i] * by2 + start;
        y[i] = (int8_t)tl_clamp((int32_t)sum >> p->shift, p->low, p->high);
    }
}
#else
typedef int tl_nothing_here;
#endif
