/* The loops of a depthwise convolution; instantiated like tl_conv_loops.h, with WEIGHT(row, i): weight i of tap `row`. */
void KERNEL(const PARAMS *p, const X *x, X *y)
{
    const tl_window *w = &p->window;
    const WEIGHTS *weights = p->weights;
    int32_t step_x = w->dilation_x * w->in_channels, step_y = w->dilation_y * w->in_width * w->in_channels;
    for (int32_t b = 0; b < w->batches; b++, x += w->in_height * w->in_width * w->in_channels)
        for (int32_t oy = 0; oy < w->out_height; oy++) {
            tl_span sy = tl_span_y(w, oy);
            for (int32_t ox = 0; ox < w->out_width; ox++) {
                tl_span sx = tl_span_x(w, ox);
#if FOLDED
                int whole = sy.end - sy.first == w->height && sx.end - sx.first == w->width;
#endif
                const X *corner = x + (sy.at * w->in_width + sx.at) * w->in_channels;
                for (int32_t n = 0, left = p->depth_multiplier; n < w->out_channels; n++, left--) {
                    if (left == 0) {
                        left = p->depth_multiplier;
                        corner++;
                    }
                    SUM sum = BEGIN(n);
                    const X *row = corner;
                    for (int32_t i = sy.first; i < sy.end; i++, row += step_y) {
                        const X *at = row;
                        for (int32_t j = sx.first; j < sx.end; j++, at += step_x)
                            sum += (SUM)(WEIGHT(i * w->width + j, n) * *at);
                    }
#if FOLDED
                    if (!whole)
                        for (int32_t i = 0; i < w->height; i++)
                            for (int32_t j = 0; j < w->width; j++)
                                if (!tl_inside(&sy, &sx, i, j))
                                    sum += (SUM)(WEIGHT(i * w->width + j, n) * p->input_zero_point);
#endif
                    *y++ = (X)END(sum, n);
                }
            }
        }
}
