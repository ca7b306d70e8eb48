#include "tl_kernels.h"

void tl_signal_overlap_add_f32(const tl_signal_overlap *p, const float *x, float *sums, float *y)
{
    for (int32_t row = 0; row < p->rows; row++, sums += p->size) {
        for (int32_t frame = 0; frame < p->frames; frame++, x += p->size, y += p->step) {
            for (int32_t i = 0; i < p->size; i++)
                sums[i] += x[i];
            memcpy(y, sums, (size_t)p->step * sizeof *y);
            memmove(sums, sums + p->step, (size_t)(p->size - p->step) * sizeof *sums);
            memset(sums + p->size - p->step, 0, (size_t)p->step * sizeof *sums);
        }
    }
}
