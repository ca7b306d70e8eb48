#include "tl_dsp.h"
#include "tl_kernels.h"

/* Where each tap of the window at (oy, ox) finds its channels; taps beside the input find `beside`. */
static __attribute__((noinline)) void find(const tl_window *w, int32_t oy, int32_t ox, const int8_t *x, const int8_t *beside, const int8_t **at)
{
    int32_t channels = w->in_channels, left = ox * w->stride_x - w->pad_x, iy = oy * w->stride_y - w->pad_y;
    for (int32_t i = 0; i < w->height; i++, iy += w->dilation_y) {
        int row_inside = iy >= 0 && iy < w->in_height;
        for (int32_t j = 0, ix = left; j < w->width; j++, ix += w->dilation_x)
            *at++ = row_inside && ix >= 0 && ix < w->in_width ? x + (iy * w->in_width + ix) * channels : beside;
    }
}

static inline int8_t finish(const tl_depthwise *p, int32_t sum, int32_t n, int32_t zero)
{
    int32_t of = p->per_channel ? n : 0, right = -p->shift[of];
    return (int8_t)tl_short(2 * sum, p->multiplier[of], (zero << right) >> 1, right);
}

/* Two channels, n on, each of an input channel of its own or both of one. */
static __attribute__((noinline)) void two(const tl_depthwise *p, const int8_t **at, int32_t taps, int32_t n, int32_t zero, int8_t *y)
{
    const int32_t *bias = (const int32_t *)p->bias + n;
    const int8_t *w = (const int8_t *)p->weights + n;
    int32_t sum0 = bias[0], sum1 = bias[1], step = p->window.out_channels;
    int32_t from0 = n / p->depth_multiplier, from1 = (n + 1) / p->depth_multiplier;
    TL_ROLLED
    for (const int8_t **end = at + taps; at != end; at++, w += step) {
        const int8_t *x = *at;
        sum0 += x[from0] * w[0];
        sum1 += x[from1] * w[1];
    }
    y[n] = finish(p, sum0, n, zero);
    y[n + 1] = finish(p, sum1, n + 1, zero);
}

void tl_depthwise_short_s8(const tl_depthwise *p, const int8_t *x, int8_t *y, void *scratch)
{
    const tl_window *w = &p->window;
    int32_t taps = w->height * w->width, channels = w->out_channels, zero = 2 * p->output_zero_point + 1;
    const int8_t **at = scratch;
    int8_t *beside = (int8_t *)(at + taps), *first = y;
    memset(beside, p->input_zero_point, (size_t)w->in_channels);
    for (int32_t b = 0; b < w->batches; b++, x += w->in_height * w->in_width * w->in_channels)
        for (int32_t oy = 0; oy < w->out_height; oy++)
            for (int32_t ox = 0; ox < w->out_width; ox++, y += channels) {
                find(w, oy, ox, x, beside, at);
                for (int32_t n = 0; n < channels; n += 2)
                    two(p, at, taps, n + 2 > channels ? channels - 2 : n, zero, y);
            }
    tl_clamp_s8(first, (int32_t)(y - first), p->low, p->high);
}
