#include "tl_kernels.h"

void tl_signal_overlap_add_s16(const tl_signal_overlap *p, const int16_t *x, int16_t *sums, int16_t *y)
{
    for (int32_t row = 0; row < p->rows; row++, sums += p->size) {
        for (int32_t frame = 0; frame < p->frames; frame++, x += p->size, y += p->step) {
            for (int32_t i = 0; i < p->size; i++) {
                int32_t sum = x[i] + sums[i];
                sum = sum < INT16_MIN ? INT16_MIN : sum;
                sums[i] = (int16_t)(sum > INT16_MAX ? INT16_MAX : sum);
            }
            memcpy(y, sums, (size_t)p->step * sizeof *y);
            memmove(sums, sums + p->step, (size_t)(p->size - p->step) * sizeof *sums);
            memset(sums + p->size - p->step, 0, (size_t)p->step * sizeof *sums);
        }
    }
}
