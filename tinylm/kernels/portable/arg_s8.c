#include "tl_kernels.h"

void tl_arg_s8(const tl_arg *p, const int8_t *x, int32_t *y)
{
    for (int32_t o = 0; o < p->outer; o++, x += (p->axis - 1) * p->inner)
        for (int32_t i = 0; i < p->inner; i++, x++) {
            const int8_t *at = x;
            int8_t best = *x;
            int32_t index = 0;
            for (int32_t a = 1; a < p->axis; a++) {
                at += p->inner;
                if (p->smallest ? *at < best : *at > best) {
                    best = *at;
                    index = a;
                }
            }
            *y++ = index;
        }
}
