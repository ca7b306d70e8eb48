#include "tl_kernels.h"

static void copy(uint8_t *to, int32_t to_step, const uint8_t *from, int32_t from_step, int32_t bytes, int32_t count)
{
    if (bytes == 1) {
        for (; count > 0; count--, to += to_step, from += from_step)
            *to = *from;
    } else {
        for (; count > 0; count--, to += to_step, from += from_step)
            memcpy(to, from, (size_t)bytes);
    }
}

void tl_move_view(const tl_move *p, const void *x, void *y)
{
    int32_t at[TL_MAX_AXES] = {0};
    int32_t last = p->rank - 1, d;
    const uint8_t *from = x;
    uint8_t *to = y;
    do {
        copy(to, p->to_step[last], from, p->from_step[last], p->bytes, p->size[last]);
        for (d = last - 1; d >= 0; d--) {
            if (++at[d] < p->size[d]) {
                from += p->from_step[d];
                to += p->to_step[d];
                break;
            }
            at[d] = 0;
            from -= p->from_step[d] * (p->size[d] - 1);
            to -= p->to_step[d] * (p->size[d] - 1);
        }
    } while (d >= 0);
}
