#include "tl_eights.h"
#include "tl_kernels.h"

/* All channels of one position; taps.S knows the order of the fields. */
typedef struct {
    const int8_t *const *taps, *const *taps_end;
    const int32_t *channels;
    int8_t *y;
    int32_t count, skip, zero_point, low, high;
} job;
void tl_taps(const job *j);

#ifndef __thumb__
void tl_taps(const job *j)
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
#endif

static const int8_t **aim(const tl_window *w, const int8_t *row, int32_t at, const int8_t *beside, const int8_t **taps)
{
    for (int32_t j = 0; j < w->width; j++, at += w->dilation_x)
        *taps++ = row && at >= 0 && at < w->in_width ? row + at * w->in_channels : beside;
    return taps;
}

void tl_depthwise_taps_s8(const tl_depthwise_taps *p, const int8_t *x, int8_t *y, void *scratch)
{
    const tl_window *w = &p->window;
    const int8_t **taps = (const int8_t **)(((uintptr_t)scratch + sizeof *taps - 1) & -sizeof *taps); /* moves on 64-bit hosts only */
    int8_t *beside = (int8_t *)(taps + 2 * p->pairs);
    int32_t row = w->in_width * w->in_channels;
    job j = {taps, taps + 2 * p->pairs, p->channels, y, w->in_channels, p->skip, p->output_zero_point, p->low, p->high};
    memset(beside, p->input_zero_point, (size_t)w->in_channels);
    taps[2 * p->pairs - 1] = beside;
    for (int32_t b = 0; b < w->batches; b++, x += w->in_height * row)
        for (int32_t oy = 0; oy < w->out_height; oy++)
            for (int32_t ox = 0; ox < w->out_width; ox++, j.y += w->in_channels) {
                const int8_t **next = taps;
                int32_t at = oy * w->stride_y - w->pad_y;
                for (int32_t i = 0; i < w->height; i++, at += w->dilation_y)
                    next = aim(w, at >= 0 && at < w->in_height ? x + at * row : 0, ox * w->stride_x - w->pad_x, beside, next);
                tl_taps(&j);
            }
}
