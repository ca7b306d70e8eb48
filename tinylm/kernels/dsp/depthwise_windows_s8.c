#include "tl_dsp.h"
#include "tl_kernels.h"

/* One place; windows.S knows the order of the fields. at: where each tap finds its channels, as many as the groups' weights have. */
typedef struct {
    const int8_t **at;
    const uint32_t *groups;
    const int8_t **end;
    const int32_t *finish;
    int8_t *y, *y_end;
} job;
void tl_windows_at(const job *j);

/* Taps beside the input find `beside`; the input's last position has a copy, behind which words may be read. */
typedef struct {
    const int8_t *x, *last, *beside, *copy;
} image;

/* Where each tap of the window that starts at (iy, ix) finds its channels. */
static __attribute__((noinline)) void find(const tl_window *w, int32_t iy, int32_t ix, const image *from, const int8_t **at)
{
    for (int32_t i = 0; i < w->height; i++, iy += w->dilation_y) {
        int row_inside = iy >= 0 && iy < w->in_height;
        for (int32_t j = 0, column = ix; j < w->width; j++, column += w->dilation_x) {
            const int8_t *tap = from->x + (iy * w->in_width + column) * w->in_channels;
            *at++ = !row_inside || column < 0 || column >= w->in_width ? from->beside : tap == from->last ? from->copy : tap;
        }
    }
}

void tl_depthwise_windows_s8(const tl_windows *p, const int8_t *x, int8_t *y, void *scratch)
{
    const tl_window *w = &p->window;
    int32_t taps = w->height * w->width, channels = w->out_channels, padded = (channels + 3) & ~3;
    int32_t size = w->in_height * w->in_width * channels, step = w->stride_x * channels, reach = (w->width - 1) * w->dilation_x;
    const int8_t **at = scratch;
    const int8_t **end = at + ((taps + 1) & ~1);
    int8_t *beside = (int8_t *)end, *copy = beside + padded, *first = y;
    job j = {at, p->groups, end, p->finish, 0, 0};
    memset(beside, p->input_zero_point, (size_t)padded);
    for (int32_t b = 0; b < w->batches; b++, x += size) {
        image from = {x, x + size - channels, beside, copy};
        memcpy(copy, from.last, (size_t)channels);
        for (int32_t oy = 0; oy < w->out_height; oy++) {
            int32_t iy = oy * w->stride_y - w->pad_y, bottom = iy + (w->height - 1) * w->dilation_y, inside = 0;
            int32_t columns = w->in_width - (bottom == w->in_height - 1); /* without the last position */
            for (int32_t ox = 0, ix = -w->pad_x; ox < w->out_width; ox++, ix += w->stride_x, y += channels) {
                int now = iy >= 0 && bottom < w->in_height && ix >= 0 && ix + reach < columns;
                if (now && inside)
                    for (int32_t i = 0; i < taps; i++)
                        at[i] += step;
                else
                    find(w, iy, ix, &from, at);
                inside = now;
                if (taps & 1)
                    at[taps] = at[taps - 1];
                j.y = y;
                j.y_end = y + channels;
                tl_windows_at(&j);
            }
        }
    }
    tl_clamp_s8(first, (int32_t)(y - first), p->low, p->high);
}
