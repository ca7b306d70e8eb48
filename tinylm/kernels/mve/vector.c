#include "tl_kernels.h"
#include "tl_mve.h"

enum { GROUP = 4, ROWS = 32 }; /* rows whose sums are kept at once */

void tl_vector_sums(const int8_t *x, const int8_t *w, int32_t depth, int32_t *sums, int32_t stride, int32_t groups); /* vector.S */

void tl_vector_finish(const tl_vector_rows *p, const int32_t *sums, int32_t n, int32_t count, int8_t *y)
{
    tl_finishing f = tl_finishing_of(p->multiplier, p->shift, p->output_zero_point, p->low, p->high);
    const int32_t *multiplier = p->multiplier + n;
    const int8_t *shift = p->shift + n;
    if (!p->per_channel) {
        for (; count > 0; count -= GROUP, sums += GROUP, y += GROUP)
            vstrbq_p_s32(y, tl_finish_four(vld1q_s32(sums), &f), vctp32q((uint32_t)count));
        return;
    }
    for (; count > 0; count -= GROUP, sums += GROUP, y += GROUP, multiplier += GROUP, shift += GROUP) {
        mve_pred16_t some = vctp32q((uint32_t)count);
        tl_next_four(&f, multiplier, shift, some);
        vstrbq_p_s32(y, tl_finish_four(vld1q_s32(sums), &f), some);
    }
}

void tl_vector_times(const tl_vector_rows *p, const int8_t *x, int8_t *y)
{
    int32_t sums[ROWS + GROUP], depth = p->depth;
    for (int32_t n = 0; n < p->outputs; n += ROWS) {
        int32_t count = p->outputs - n < ROWS ? p->outputs - n : ROWS, whole = count / GROUP;
        const int8_t *w = p->weights + n * depth;
        for (int32_t i = 0; i < count; i += GROUP)
            vst1q_s32(sums + i, vldrwq_z_s32(p->bias + n + i, vctp32q((uint32_t)(count - i))));
        if (whole)
            tl_vector_sums(x, w, depth, sums, depth, whole);
        for (int32_t i = whole * GROUP; i < count; i++) { /* a row alone stands for four */
            int32_t four[GROUP] = {sums[i], 0, 0, 0};
            tl_vector_sums(x, w + i * depth, depth, four, 0, 1);
            sums[i] = four[0];
        }
        tl_vector_finish(p, sums, n, count, y + n);
    }
}
