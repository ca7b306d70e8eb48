/* The loops of a transposed convolution, instantiated like tl_conv_loops.h; VALUE(x): what a weight multiplies. */

/* The input positions first <= i < end whose windows reach output position `out`. */
static tl_span sources(int32_t out, int32_t stride, int32_t pad, int32_t taps, int32_t size)
{
    tl_span span = {out + pad, 0, 0};
    if (span.at >= taps)
        span.first = (span.at - taps) / stride + 1;
    span.end = span.at / stride + 1;
    if (span.end > size)
        span.end = size;
    return span;
}

void KERNEL(const PARAMS *p, const X *x, X *y)
{
    const tl_window *w = &p->window;
    int32_t depth = w->in_channels;
    for (int32_t b = 0; b < w->batches; b++, x += w->in_height * w->in_width * depth)
        for (int32_t oy = 0; oy < w->out_height; oy++) {
            tl_span sy = sources(oy, w->stride_y, w->pad_y, w->height, w->in_height);
            for (int32_t ox = 0; ox < w->out_width; ox++) {
                tl_span sx = sources(ox, w->stride_x, w->pad_x, w->width, w->in_width);
                const WEIGHTS *weights = p->weights;
                for (int32_t n = 0; n < w->out_channels; n++, weights += w->height * w->width * depth) {
                    SUM sum = BEGIN(n);
                    for (int32_t i = sy.first; i < sy.end; i++)
                        for (int32_t j = sx.first; j < sx.end; j++) {
                            int32_t tap = (sy.at - i * w->stride_y) * w->width + sx.at - j * w->stride_x;
                            const WEIGHTS *row = weights + tap * depth;
                            const X *at = x + (i * w->in_width + j) * depth;
                            for (int32_t k = 0; k < depth; k++)
                                sum += (SUM)(row[k] * VALUE(at[k]));
                        }
                    *y++ = (X)END(sum, n);
                }
            }
        }
}
