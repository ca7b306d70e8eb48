/* The loops of a pool, instantiated by the kernels that define:
 *   X, SUM               types of the activations and of what is gathered
 *   FIRST                what gathering starts with
 *   GATHER(sum, value)   one more value
 *   END(sum, count)      the output value from `count` gathered ones
 */
void KERNEL(const PARAMS *p, const X *x, X *y)
{
    const tl_window *w = &p->window;
    int32_t channels = w->in_channels;
    for (int32_t b = 0; b < w->batches; b++, x += w->in_height * w->in_width * channels)
        for (int32_t oy = 0; oy < w->out_height; oy++) {
            tl_span sy = tl_span_y(w, oy);
            for (int32_t ox = 0; ox < w->out_width; ox++) {
                tl_span sx = tl_span_x(w, ox);
                int32_t rows = sy.end - sy.first, columns = sx.end - sx.first;
                const X *corner = x + (sy.at * w->in_width + sx.at) * channels;
                for (int32_t c = 0; c < channels; c++, corner++) {
                    SUM sum = FIRST;
                    const X *row = corner;
                    for (int32_t i = 0; i < rows; i++, row += w->in_width * channels)
                        for (int32_t j = 0; j < columns; j++)
                            sum = GATHER(sum, row[j * channels]);
                    *y++ = (X)END(sum, rows * columns);
                }
            }
        }
}
