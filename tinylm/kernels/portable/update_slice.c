#include "tl_kernels.h"

static int32_t start(const tl_update *p, const void *index, int32_t axis)
{
    int32_t last = p->last[axis];
    if (p->wide) {
        int64_t i = ((const tl_int64 *)index)[axis];
        return i < 0 ? 0 : i > last ? last : (int32_t)i;
    }
    int32_t i = ((const int32_t *)index)[axis];
    return i < 0 ? 0 : i > last ? last : i;
}

void tl_update_slice(const tl_update *p, const void *x, const void *update, const void *index, void *y)
{
    int32_t at[TL_MAX_AXES] = {0};
    int32_t d, run = p->size[p->rank - 1] * p->step[p->rank - 1];
    const uint8_t *from = update;
    uint8_t *to = y;
    for (d = 0; d < p->rank; d++)
        to += start(p, index, d) * p->step[d];
    if (x != y)
        memcpy(y, x, (size_t)p->bytes);
    do {
        memcpy(to, from, (size_t)run);
        from += run;
        for (d = p->rank - 2; d >= 0; d--) {
            to += p->step[d];
            if (++at[d] < p->size[d])
                break;
            to -= p->step[d] * p->size[d];
            at[d] = 0;
        }
    } while (d >= 0);
}
