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

/* Runs of bytes, `step` apart. */
static const uint8_t *copy(const uint8_t *from, uint8_t *to, int32_t runs, int32_t step, int32_t run)
{
    if (run > 1) {
        TL_ROLLED
        for (; runs > 0; runs--, from += run, to += step)
            memcpy(to, from, (size_t)run);
        return from;
    }
    for (; runs > 0; runs--, to += step)
        *to = *from++;
    return from;
}

void tl_update_slice(const tl_update *p, const void *x, const void *update, const void *index, void *y)
{
    int32_t at[TL_MAX_AXES] = {0};
    int32_t d, rank = p->rank, run = p->size[rank - 1] * p->step[rank - 1];
    int32_t runs = rank > 1 ? p->size[rank - 2] : 1, step = rank > 1 ? p->step[rank - 2] : 0;
    const uint8_t *from = update;
    uint8_t *to = y;
    TL_ROLLED
    for (d = 0; d < rank; d++)
        to += start(p, index, d) * p->step[d];
    if (x != y)
        memcpy(y, x, (size_t)p->bytes);
    do {
        from = copy(from, to, runs, step, run);
        TL_ROLLED
        for (d = rank - 3; d >= 0; d--) {
            to += p->step[d];
            if (++at[d] < p->size[d])
                break;
            to -= p->step[d] * p->size[d];
            at[d] = 0;
        }
    } while (d >= 0);
}
