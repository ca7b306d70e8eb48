#include "tl_kernels.h"

/* The taps of one row of the window; x: the row's first pixel, at: the window's first column. */
static void gather_row(const tl_conv_vector *p, const int8_t *x, int32_t at, int8_t *to)
{
    const tl_window *w = &p->window;
    int32_t depth = w->in_channels;
    if (p->contiguous && at >= 0 && at + w->width <= w->in_width) {
        memcpy(to, x + at * depth, (size_t)(w->width * depth));
        return;
    }
    for (int32_t j = 0; j < w->width; j++, at += w->dilation_x, to += depth) {
        if (at >= 0 && at < w->in_width)
            memcpy(to, x + at * depth, (size_t)depth);
        else
            memset(to, p->input_zero_point, (size_t)depth);
    }
}

static const int8_t *gather(const tl_conv_vector *p, const int8_t *x, int32_t at_y, int32_t at_x, int8_t *window)
{
    const tl_window *w = &p->window;
    int32_t row = w->in_width * w->in_channels, run = w->width * w->in_channels;
    int8_t *to = window;
    for (int32_t i = 0; i < w->height; i++, at_y += w->dilation_y, to += run) {
        if (at_y >= 0 && at_y < w->in_height)
            gather_row(p, x + at_y * row, at_x, to);
        else
            memset(to, p->input_zero_point, (size_t)run);
    }
    return window;
}

void tl_conv_vector_s8(const tl_conv_vector *p, const int8_t *x, int8_t *y, void *scratch)
{
    const tl_window *w = &p->window;
    int32_t row = w->in_width * w->in_channels;
    for (int32_t b = 0; b < w->batches; b++, x += w->in_height * row)
        for (int32_t oy = 0; oy < w->out_height; oy++)
            for (int32_t ox = 0; ox < w->out_width; ox++, y += w->out_channels) {
                int32_t at_y = oy * w->stride_y - w->pad_y, at_x = ox * w->stride_x - w->pad_x;
                const int8_t *window =
                    p->direct ? x + at_y * row + at_x * w->in_channels : gather(p, x, at_y, at_x, scratch);
                tl_vector_times(&p->rows, window, y);
            }
}
