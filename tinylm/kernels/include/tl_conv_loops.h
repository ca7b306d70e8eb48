/* The loops of a convolution, instantiated by the kernels that define:
 *   X             type of the activations
 *   SUM           type of the sums
 *   WEIGHT(i)     weight i of the row `weights`
 *   NEXT_ROW      expression that moves `weights` by one row
 *   FOLDED        1 where the bias holds the input's zero point (integers)
 *   BEGIN(n)      what the sum of output channel n starts with
 *   END(sum, n)   the output value
 */
static inline SUM run(const WEIGHTS *weights, int32_t from, const X *x, int32_t count, SUM sum)
{
    for (int32_t i = 0; i < count; i++)
        sum += (SUM)(WEIGHT(from + i) * x[i]);
    return sum;
}

#if FOLDED
/* What the bias holds of taps that lie beside the input. */
static SUM beside(const PARAMS *p, const WEIGHTS *weights, const tl_span *sy, const tl_span *sx)
{
    SUM sum = 0;
    int32_t depth = p->group_inputs, from = 0;
    for (int32_t i = 0; i < p->window.height; i++)
        for (int32_t j = 0; j < p->window.width; j++, from += depth)
            for (int32_t k = 0; k < depth && !tl_inside(sy, sx, i, j); k++)
                sum += (SUM)WEIGHT(from + k);
    return sum * (SUM)p->input_zero_point;
}
#endif

static inline SUM window_sum(const PARAMS *p, const WEIGHTS *weights, const X *x, const tl_span *sy, const tl_span *sx, SUM sum)
{
    const tl_window *w = &p->window;
    int32_t depth = p->group_inputs, step = w->dilation_x * w->in_channels, columns = sx->end - sx->first;
    const X *row = x + (sy->at * w->in_width + sx->at) * w->in_channels;
    for (int32_t i = sy->first; i < sy->end; i++, row += w->dilation_y * w->in_width * w->in_channels) {
        int32_t from = (i * w->width + sx->first) * depth;
        if (p->contiguous) {
            sum = run(weights, from, row, columns * depth, sum);
            continue;
        }
        for (int32_t j = 0; j < columns; j++)
            sum = run(weights, from + j * depth, row + j * step, depth, sum);
    }
    return sum;
}

void KERNEL(const PARAMS *p, const X *x, X *y)
{
    const tl_window *w = &p->window;
    for (int32_t b = 0; b < w->batches; b++, x += w->in_height * w->in_width * w->in_channels)
        for (int32_t oy = 0; oy < w->out_height; oy++) {
            tl_span sy = tl_span_y(w, oy);
            for (int32_t ox = 0; ox < w->out_width; ox++) {
                tl_span sx = tl_span_x(w, ox);
#if FOLDED
                int whole = sy.end - sy.first == w->height && sx.end - sx.first == w->width;
#endif
                const WEIGHTS *weights = p->weights;
                const X *group = x;
                for (int32_t n = 0, left = p->group_outputs; n < w->out_channels; n++, left--, NEXT_ROW) {
                    if (left == 0) {
                        left = p->group_outputs;
                        group += p->group_inputs;
                    }
                    SUM sum = window_sum(p, weights, group, &sy, &sx, BEGIN(n));
#if FOLDED
                    if (!whole)
                        sum += beside(p, weights, &sy, &sx);
#endif
                    *y++ = (X)END(sum, n);
                }
            }
        }
}
