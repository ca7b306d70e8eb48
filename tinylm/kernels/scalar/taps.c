#include "tl_eights.h"
#include "tl_kernels.h"

#ifndef __thumb__ /* else taps.S */
void tl_taps(const tl_taps_job *j)
{
    const int32_t *w = j->channels;
    for (int32_t c = 0; c < j->count; c++) {
        uint32_t sum = (uint32_t)*w++;
        for (const int8_t *const *tap = j->taps; tap != j->taps_end; tap += 2, w++)
            sum += (uint32_t)(tap[0][c] * (int16_t)*w + tap[1][c] * (*w >> 16));
        j->y[c] = tl_finish_short(sum, w, j->zero_point, j->low, j->high);
        w += 2;
    }
}
#else
typedef int tl_nothing_here;
#endif
