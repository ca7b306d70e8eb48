#include "tl_dsp.h"
#include "tl_fixed.h"
#include "tl_kernels.h"
#include "tl_scale.h"

/* A sum, and on top of it the dot product of a filter's state and its weights in time. */
static inline uint32_t in_time(const int8_t *state, const int8_t *times, int32_t memory, uint32_t sum)
{
    for (; memory > 3; memory -= 4, state += 4, times += 4) {
        uint32_t values = tl_word(state), weights = tl_word(times);
        sum = (uint32_t)__smlad(tl_even(weights), tl_even(values), (int32_t)sum);
        sum = (uint32_t)__smlad(tl_odd(weights), tl_odd(values), (int32_t)sum);
    }
    for (; memory > 0; memory--)
        sum += (uint32_t)(*state++ * *times++);
    return sum;
}

void tl_svdf_packed_s8(const tl_svdf_packed *p, const int8_t *x, int8_t *state, int8_t *y, void *scratch)
{
    uint32_t *sums = scratch, *lanes = sums + 4 * p->features.groups;
    int32_t memory = p->memory;
    memmove(state, state + 1, (size_t)(p->batches * p->filters * memory - 1));
    for (int32_t b = 0; b < p->batches; b++, x += p->features.inputs) {
        const int8_t *times = p->times;
        tl_row_sums(&p->features, x, sums, lanes);
        for (int32_t f = 0, unit = 0; f < p->filters; unit++) {
            uint32_t total = (uint32_t)p->bias[unit];
            for (int32_t r = 0; r < p->rank; r++, f++, times += memory, state += memory) {
                state[memory - 1] = (int8_t)(tl_scaled8(&p->feature, (int32_t)sums[f]) + p->state_zero_point);
                total = in_time(state, times, memory, total);
            }
            *y++ = (int8_t)tl_scaled8(&p->output, (int32_t)total);
        }
    }
}
