#include "tl_dsp.h"
#include "tl_fixed.h"
#include "tl_kernels.h"

enum { MOST = 255 }; /* values that a 16-bit lane can sum */

static TL_SMALL int8_t mean(const tl_pool *p, int32_t sum, int32_t count)
{
    return (int8_t)tl_clamp((sum + (sum > 0 ? count / 2 : -(count / 2))) / count, p->low, p->high);
}

static TL_SMALL int32_t one_channel(const tl_window *w, const int8_t *row, int32_t rows, int32_t columns)
{
    int32_t sum = 0;
    for (int32_t i = 0; i < rows; i++, row += w->in_width * w->in_channels)
        for (int32_t j = 0; j < columns; j++)
            sum += row[j * w->in_channels];
    return sum;
}

static __attribute__((noinline)) void four_channels(const tl_window *w, const int8_t *row, int32_t rows, int32_t columns, int32_t sums[4])
{
    int16x2_t even = 0, odd = 0;
    for (int32_t i = 0; i < rows; i++, row += w->in_width * w->in_channels) {
        const int8_t *at = row;
        TL_ROLLED
        for (int32_t j = 0; j < columns; j++, at += w->in_channels) {
            uint32_t bytes = tl_word(at);
            even = __sxtab16(even, (int8x4_t)bytes);
            odd = __sxtab16(odd, (int8x4_t)tl_right8(bytes));
        }
    }
    sums[0] = (int16_t)even;
    sums[1] = (int16_t)odd;
    sums[2] = even >> 16;
    sums[3] = odd >> 16;
}

TL_SMALL void tl_average_pool_s8(const tl_pool *p, const int8_t *x, int8_t *y)
{
    const tl_window *w = &p->window;
    int32_t channels = w->in_channels;
    for (int32_t b = 0; b < w->batches; b++, x += w->in_height * w->in_width * channels)
        for (int32_t oy = 0; oy < w->out_height; oy++) {
            tl_span sy = tl_span_y(w, oy);
            for (int32_t ox = 0; ox < w->out_width; ox++) {
                tl_span sx = tl_span_x(w, ox);
                int32_t rows = sy.end - sy.first, columns = sx.end - sx.first, c = 0, sums[4];
                const int8_t *corner = x + (sy.at * w->in_width + sx.at) * channels;
                for (; c + 4 <= channels && rows * columns <= MOST; c += 4) {
                    four_channels(w, corner + c, rows, columns, sums);
                    for (int32_t i = 0; i < 4; i++)
                        *y++ = mean(p, sums[i], rows * columns);
                }
                for (; c < channels; c++)
                    *y++ = mean(p, one_channel(w, corner + c, rows, columns), rows * columns);
            }
        }
}
