#include "tl_dsp.h"
#include "tl_fixed.h"
#include "tl_kernels.h"

/* The largest of what a window finds, four channels at once, as bytes from 0 up. */
static uint32_t four_channels(const tl_window *w, const int8_t *row, int32_t rows, int32_t columns)
{
    uint8x4_t most = (uint8x4_t)0u;
    for (int32_t i = 0; i < rows; i++, row += w->in_width * w->in_channels) {
        const int8_t *at = row;
        TL_ROLLED
        for (int32_t j = 0; j < columns; j++, at += w->in_channels)
            most = tl_larger_four((uint8x4_t)(tl_word(at) ^ 0x80808080u), most);
    }
    return (uint32_t)most ^ 0x80808080u;
}

static TL_SMALL int8_t one_channel(const tl_window *w, const int8_t *row, int32_t rows, int32_t columns)
{
    int32_t most = INT8_MIN;
    for (int32_t i = 0; i < rows; i++, row += w->in_width * w->in_channels)
        for (int32_t j = 0; j < columns; j++)
            most = row[j * w->in_channels] > most ? row[j * w->in_channels] : most;
    return (int8_t)most;
}

void tl_max_pool_s8(const tl_pool *p, const int8_t *x, int8_t *y)
{
    const tl_window *w = &p->window;
    int32_t channels = w->in_channels;
    int8_t *first = y;
    for (int32_t b = 0; b < w->batches; b++, x += w->in_height * w->in_width * channels)
        for (int32_t oy = 0; oy < w->out_height; oy++) {
            tl_span sy = tl_span_y(w, oy);
            for (int32_t ox = 0; ox < w->out_width; ox++) {
                tl_span sx = tl_span_x(w, ox);
                int32_t rows = sy.end - sy.first, columns = sx.end - sx.first, c = 0;
                const int8_t *corner = x + (sy.at * w->in_width + sx.at) * channels;
                for (; c + 4 <= channels; c += 4, y += 4) {
                    uint32_t most = four_channels(w, corner + c, rows, columns);
                    memcpy(y, &most, 4);
                }
                for (; c < channels; c++)
                    *y++ = one_channel(w, corner + c, rows, columns);
            }
        }
    tl_clamp_s8(first, (int32_t)(y - first), p->low, p->high);
}
