/* Windows that slide over [batches][height][width][channels]. */
#ifndef TL_WINDOW_H
#define TL_WINDOW_H

#include <stdint.h>

/* height, width: taps of the window; pad: positions that the first window stands before the input's edge. */
typedef struct {
    int32_t batches, in_height, in_width, in_channels;
    int32_t out_height, out_width, out_channels;
    int32_t height, width;
    int32_t stride_y, stride_x;
    int32_t dilation_y, dilation_x;
    int32_t pad_y, pad_x;
} tl_window;

/* Where one window stands: taps first <= k < end lie on the input, the first of them at position `at`. */
typedef struct {
    int32_t at, first, end;
} tl_span;

static inline tl_span tl_span_of(int32_t out, int32_t stride, int32_t pad, int32_t dilation, int32_t taps, int32_t size)
{
    tl_span span = {out * stride - pad, 0, 0};
    for (; span.at < 0 && span.first < taps; span.first++)
        span.at += dilation;
    span.end = span.first;
    for (int32_t at = span.at; at < size && span.end < taps; span.end++)
        at += dilation;
    return span;
}

static inline tl_span tl_span_y(const tl_window *w, int32_t out)
{
    return tl_span_of(out, w->stride_y, w->pad_y, w->dilation_y, w->height, w->in_height);
}

static inline tl_span tl_span_x(const tl_window *w, int32_t out)
{
    return tl_span_of(out, w->stride_x, w->pad_x, w->dilation_x, w->width, w->in_width);
}

/* Whether tap (i, j) lies on the input. */
static inline int tl_inside(const tl_span *y, const tl_span *x, int32_t i, int32_t j)
{
    return i >= y->first && i < y->end && j >= x->first && j < x->end;
}

#endif
