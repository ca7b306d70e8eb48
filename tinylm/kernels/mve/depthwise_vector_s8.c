#include "tl_kernels.h"
#include "tl_mve.h"

enum { LANES = 4, WIDE = 16, BLOCK = 64 };

void tl_vector_taps(const int8_t *const *at, const int8_t *w, int32_t channels, int32_t *sums, int32_t n, int32_t taps); /* vector.S */

/* The sums of four channels from n on, or as many as `some` has. */
static inline int32x4_t few(const tl_vector_rows *p, const int8_t *const *at, int32_t n, mve_pred16_t some)
{
    int32x4_t sum = vldrwq_z_s32(p->bias + n, some);
    const int8_t *w = p->weights + n;
    for (const int8_t *const *end = at + p->depth; at != end; w += p->outputs)
        sum = vaddq_s32(sum, vmulq_s32(vldrbq_z_s32(*at++ + n, some), vldrbq_z_s32(w, some)));
    return sum;
}

/* All channels of one position, whose taps are at. */
static void channels_of(const tl_vector_rows *p, const int8_t *const *at, int8_t *y)
{
    int32_t sums[BLOCK];
    for (int32_t first = 0, n = 0; first < p->outputs; first = n) {
        int32_t end = p->outputs - first < BLOCK ? p->outputs : first + BLOCK;
        for (; n + WIDE <= end; n += WIDE) {
            for (int32_t i = 0; i < WIDE; i += LANES)
                vst1q_s32(sums + n - first + i, vld1q_s32(p->bias + n + i));
            tl_vector_taps(at, p->weights + n, p->outputs, sums + n - first, n, p->depth);
        }
        for (; n < end; n += LANES)
            vst1q_s32(sums + n - first, few(p, at, n, vctp32q((uint32_t)(end - n))));
        tl_vector_finish(p, sums, first, end - first, y + first);
    }
}

static const int8_t **aim(const tl_window *w, const int8_t *row, int32_t at, const int8_t *beside, const int8_t **taps)
{
    for (int32_t j = 0; j < w->width; j++, at += w->dilation_x)
        *taps++ = row && at >= 0 && at < w->in_width ? row + at * w->in_channels : beside;
    return taps;
}

/* Taps of the next position: those on the input move on. */
static void move(const int8_t **taps, int32_t count, int32_t by, const int8_t *beside)
{
    uint32_t *words = (uint32_t *)taps;
    for (; count > 0; count -= LANES, words += LANES) {
        mve_pred16_t some = vctp32q((uint32_t)count);
        uint32x4_t now = vldrwq_z_u32(words, some);
        mve_pred16_t moving = vcmpneq_m_n_u32(now, (uint32_t)beside, some);
        vstrwq_p_u32(words, vaddq_n_u32(now, (uint32_t)by), moving);
    }
}

void tl_depthwise_vector_s8(const tl_depthwise *p, const int8_t *x, int8_t *y, void *scratch)
{
    const tl_window *w = &p->window;
    int32_t channels = w->in_channels, row = w->in_width * channels, count = w->height * w->width;
    int32_t last = w->in_width - (w->width - 1) * w->dilation_x; /* windows from 0 up to before this have all columns inside */
    const int8_t **taps = scratch;
    int8_t *beside = (int8_t *)(taps + count);
    tl_vector_rows rows = {p->weights, p->bias, p->multiplier, p->shift, p->per_channel, count, channels,
                           p->output_zero_point, p->low, p->high};
    memset(beside, p->input_zero_point, (size_t)channels);
    for (int32_t b = 0; b < w->batches; b++, x += w->in_height * row)
        for (int32_t oy = 0; oy < w->out_height; oy++)
            for (int32_t ox = 0, at_x = -w->pad_x; ox < w->out_width; ox++, at_x += w->stride_x, y += channels) {
                const int8_t **next = taps;
                int32_t at = oy * w->stride_y - w->pad_y;
                if (ox > 0 && at_x >= w->stride_x && at_x < last)
                    move(taps, count, w->stride_x * channels, beside);
                else
                    for (int32_t i = 0; i < w->height; i++, at += w->dilation_y)
                        next = aim(w, at >= 0 && at < w->in_height ? x + at * row : 0, at_x, beside, next);
                channels_of(&rows, taps, y);
            }
}
