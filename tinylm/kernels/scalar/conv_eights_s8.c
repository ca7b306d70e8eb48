#include "tl_eights.h"
#include "tl_kernels.h"

/* `count` taps beside the input: its zero point. */
static uint32_t beside(const tl_conv_eights *p, uint8_t *to, int32_t count)
{
    int32_t raised = p->input_zero_point + 128;
    memset(to, raised, (size_t)count);
    return (uint32_t)(raised * count);
}

/* The taps of one row of the window, raised; x: the row's first pixel, at: the window's first column. */
static uint32_t gather_row(const tl_conv_eights *p, const int8_t *x, int32_t at, uint8_t *to)
{
    const tl_window *w = &p->window;
    int32_t depth = w->in_channels;
    uint32_t sum = 0;
    if (p->contiguous) {
        int32_t before = at < 0 ? -at : 0, after = at + w->width - w->in_width;
        before = before < w->width ? before : w->width;
        after = after < 0 ? 0 : after < w->width ? after : w->width;
        int32_t inside = w->width - before - after;
        if (before)
            sum = beside(p, to, before * depth);
        to += before * depth;
        sum += tl_copy_raised(to, x + (at + before) * depth, inside * depth);
        return after ? sum + beside(p, to + inside * depth, after * depth) : sum;
    }
    for (int32_t j = 0; j < w->width; j++, at += w->dilation_x, to += depth)
        sum += at >= 0 && at < w->in_width ? tl_copy_raised(to, x + at * depth, depth) : beside(p, to, depth);
    return sum;
}

void tl_conv_eights_s8(const tl_conv_eights *p, const int8_t *x, int8_t *y, void *scratch)
{
    const tl_window *w = &p->window;
    int32_t run = w->width * w->in_channels, row = w->in_width * w->in_channels, depth = p->rows.depth;
    uint8_t *raised = scratch;
    memset(raised + (depth & ~3), 0, depth & 3 ? 4 : 0);
    for (int32_t b = 0; b < w->batches; b++, x += w->in_height * row)
        for (int32_t oy = 0; oy < w->out_height; oy++)
            for (int32_t ox = 0; ox < w->out_width; ox++, y += w->out_channels) {
                int32_t at = oy * w->stride_y - w->pad_y;
                uint8_t *to = raised;
                uint32_t sum = 0;
                for (int32_t i = 0; i < w->height; i++, at += w->dilation_y, to += run)
                    sum += at >= 0 && at < w->in_height ? gather_row(p, x + at * row, ox * w->stride_x - w->pad_x, to)
                                                        : beside(p, to, run);
                tl_rows_times(&p->rows, raised, sum, y);
            }
}
