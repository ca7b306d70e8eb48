#include "tl_kernels.h"

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
    tl_taps_job j = {taps, taps + 2 * p->pairs, p->channels, y, w->in_channels, p->skip, p->output_zero_point, p->low, p->high};
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
