#include "tl_kernels.h"

static void move_on(int16_t *kept, int32_t keep, const int16_t *x, int32_t step)
{
    int32_t fresh = step < keep ? step : keep;
    memmove(kept, kept + fresh, (size_t)(keep - fresh) * sizeof *kept);
    memcpy(kept + keep - fresh, x + step - fresh, (size_t)fresh * sizeof *kept);
}

void tl_signal_frame(const tl_signal_framer *p, const int16_t *x, int16_t *kept, int32_t *count, int16_t *y, uint8_t *valid)
{
    int32_t seen = count ? *count : p->late, head = p->keep < p->size ? p->keep : p->size;
    for (int32_t row = 0; row < p->rows; row++, kept += p->keep) {
        for (int32_t frame = 0; frame < p->frames; frame++, x += p->step, y += p->size) {
            memcpy(y, kept, (size_t)head * sizeof *y);
            memcpy(y + head, x, (size_t)(p->size - head) * sizeof *y);
            if (seen + frame < p->late)
                memset(y, 0, (size_t)p->size * sizeof *y);
            move_on(kept, p->keep, x, p->step);
        }
    }
    if (valid)
        *valid = seen >= p->late;
    if (count)
        *count = seen + p->frames < p->late ? seen + p->frames : p->late;
}
