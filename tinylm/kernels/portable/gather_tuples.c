#include "tl_kernels.h"

void tl_gather_tuples(const tl_gather_nd *p, const void *x, const int32_t *index, void *y)
{
    uint8_t *out = y;
    for (int32_t i = 0; i < p->slices; i++, out += p->bytes) {
        uint32_t sum = 0;
        for (int32_t k = 0; k < p->depth; k++)
            sum += (uint32_t)*index++ * (uint32_t)p->stride[k];
        int32_t at = (int32_t)sum;
        at = at < 0 ? 0 : at > p->last ? p->last : at;
        memcpy(out, (const uint8_t *)x + at, (size_t)p->bytes);
    }
}
