#include "tl_kernels.h"

void tl_pick_runs(const tl_pick *p, const void *x, void *y)
{
    int32_t at[TL_MAX_AXES] = {0};
    int32_t last = p->rank - 1, d;
    uint8_t *to = y;
    do {
        const uint8_t *from = x;
        for (d = 0; d < last; d++)
            from += p->offset[d][at[d]];
        for (int32_t i = 0; i < p->size[last]; i++, to += p->bytes)
            memcpy(to, from + p->offset[last][i], (size_t)p->bytes);
        for (d = last - 1; d >= 0 && ++at[d] == p->size[d]; d--)
            at[d] = 0;
    } while (d >= 0);
}
