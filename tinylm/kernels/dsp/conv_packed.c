#include "tl_dsp.h"
#include "tl_fixed.h"
#include "tl_kernels.h"

enum { COLUMNS = 3 };

/* What twos.S takes; it knows the order of the fields. step: bytes of y between two positions; zero: 2 * zero point + 1. */
typedef struct {
    const uint32_t *x, *x_end, *rows;
    void *y;
    int32_t step, pairs;
    const int32_t *multiplier;
    const int8_t *right;
    int32_t zero;
} job;
typedef void kernel(const job *j);
kernel tl_twos_tensor, tl_twos_tensor_relu, tl_twos_channels, tl_twos_channels_relu, tl_twos_sums;
uint32_t *tl_three(const int8_t *a, const int8_t *b, const int8_t *c, uint32_t *to, int32_t words);

/* An output position: the image, where its window's first tap stands, and whether no column of taps lies beside the input. */
typedef struct {
    const int8_t *image, *corner;
    int32_t oy, ox, y, x, inside;
} place;

static void stand(const tl_window *w, place *at)
{
    at->y = at->oy * w->stride_y - w->pad_y;
    at->x = at->ox * w->stride_x - w->pad_x;
    at->corner = at->image + (at->y * w->in_width + at->x) * w->in_channels;
    at->inside = at->x >= 0 && at->x + (w->width - 1) * w->dilation_x < w->in_width;
}

static void advance(const tl_window *w, place *at)
{
    if (++at->ox == w->out_width) {
        at->ox = 0;
        if (++at->oy == w->out_height) {
            at->oy = 0;
            at->image += w->in_height * w->in_width * w->in_channels;
        }
    }
    stand(w, at);
}

static inline int row_inside(const tl_window *w, const place *at, int32_t i)
{
    int32_t y = at->y + i * w->dilation_y;
    return y >= 0 && y < w->in_height;
}

static inline int8_t *copy(const int8_t *from, int8_t *to, int32_t count)
{
    TL_ROLLED
    for (; count >= 4; count -= 4, from += 4, to += 4) {
        uint32_t word = tl_word(from);
        memcpy(to, &word, 4);
    }
    TL_ROLLED
    for (; count > 0; count--)
        *to++ = *from++;
    return to;
}

static inline int8_t *fill(int8_t *to, int32_t count, int32_t value)
{
    TL_ROLLED
    for (; count > 0; count--)
        *to++ = (int8_t)value;
    return to;
}

/* Row i of the taps at a place, copied; taps beside the input are its zero point. */
static __attribute__((noinline)) void gather(const tl_conv_packed *p, const place *at, int32_t i, int8_t *to)
{
    const tl_window *w = &p->window;
    int32_t channels = w->in_channels, x = at->x, step = w->dilation_x, zero = p->input_zero_point;
    const int8_t *row = at->corner + i * w->dilation_y * w->in_width * channels;
    if (step == 1 || !row_inside(w, at, i)) {
        int32_t left = x < 0 ? -x : 0, beyond = x + w->width - w->in_width, right = beyond > 0 ? beyond : 0;
        if (left + right > w->width || !row_inside(w, at, i)) {
            left = w->width;
            right = 0;
        }
        to = fill(to, left * channels, zero);
        to = copy(row + left * channels, to, (w->width - left - right) * channels);
        fill(to, right * channels, zero);
        return;
    }
    for (int32_t j = 0; j < w->width; j++, x += step, row += step * channels)
        to = x >= 0 && x < w->in_width ? copy(row, to, channels) : fill(to, channels, zero);
}

/* The activations of three places as lanes. */
static __attribute__((noinline)) void load(const tl_conv_packed *p, const place at[COLUMNS], uint32_t *lanes, int8_t *buffer)
{
    const tl_window *w = &p->window;
    int32_t run = w->width * w->in_channels, row = w->dilation_y * w->in_width * w->in_channels, size = p->buffer;
    if (!p->direct) {
        for (int32_t c = 0; c < COLUMNS; c++)
            for (int32_t i = 0; i < w->height; i++)
                gather(p, &at[c], i, buffer + c * size + i * run);
        tl_three(buffer, buffer + size, buffer + 2 * size, lanes, size / 4);
        return;
    }
    for (int32_t i = 0; i < w->height; i++) {
        const int8_t *from[COLUMNS];
        for (int32_t c = 0; c < COLUMNS; c++) {
            from[c] = at[c].corner + i * row;
            if (!at[c].inside || !row_inside(w, &at[c], i)) {
                from[c] = buffer + c * size;
                gather(p, &at[c], i, buffer + c * size);
            }
        }
        lanes = tl_three(from[0], from[1], from[2], lanes, run / 4);
    }
}

static int32_t padded_weights(const tl_conv_packed *p)
{
    return (p->window.height * p->window.width * p->window.in_channels + 3) & ~3;
}

/* All rows of the activations in *j; three columns of them or fewer are wanted. aside: where results go that y has no place for. */
typedef void product(const tl_conv_packed *p, job *j, int32_t columns, int8_t *y, int8_t *aside, kernel *rows);

static TL_SMALL void short_product(const tl_conv_packed *p, job *j, int32_t columns, int8_t *y, int8_t *aside, kernel *rows)
{
    int32_t outputs = p->window.out_channels;
    int direct = columns == COLUMNS && outputs % 2 == 0;
    j->y = direct ? y : aside;
    j->step = 2 * j->pairs;
    rows(j);
    for (int32_t c = 0; c < columns && !direct; c++)
        copy(aside + c * j->step, y + c * outputs, outputs);
    tl_clamp_s8(y, columns * outputs, p->low, p->high);
}

/* The sums of a pair of rows that could not be packed. */
static TL_SMALL void plain(const job *j, uint32_t sums[2 * COLUMNS])
{
    const uint32_t *w = j->rows;
    for (int32_t c = 0; c < COLUMNS; c++)
        memcpy(sums + 2 * c, w, 8);
    w += 2;
    for (const uint32_t *x = j->x; x != j->x_end; x += 2 * COLUMNS, w += 2)
        for (int32_t i = 0; i < 2 * COLUMNS; i++) {
            int32_t sum = __smlad(tl_even(w[i % 2]), (int16x2_t)x[i / 2], (int32_t)sums[i]);
            sums[i] = (uint32_t)__smlad(tl_odd(w[i % 2]), (int16x2_t)x[i / 2 + COLUMNS], sum);
        }
}

static TL_SMALL void exact_product(const tl_conv_packed *p, job *j, int32_t columns, int8_t *y, int8_t *aside, kernel *rows)
{
    int32_t outputs = p->window.out_channels;
    uint32_t sums[2 * COLUMNS];
    (void)aside;
    job one = *j;
    one.y = sums;
    one.pairs = 1;
    for (int32_t n = 0; n < outputs; n++) {
        if (n % 2 == 0) {
            if (p->plain && p->plain[n / 2])
                plain(&one, sums);
            else
                rows(&one);
            one.rows += 2 + padded_weights(p) / 2;
        }
        int32_t channel = p->per_channel ? n : 0;
        for (int32_t c = 0; c < columns; c++)
            y[c * outputs + n] = (int8_t)tl_finish(sums[2 * c + n % 2], p->multiplier[channel], -p->right[channel],
                                                   p->output_zero_point, p->low, p->high);
    }
}

static TL_SMALL void run(const tl_conv_packed *p, const int8_t *x, int8_t *y, uint32_t *lanes, product *multiply, kernel *rows)
{
    const tl_window *w = &p->window;
    int32_t words = padded_weights(p) / 2 * COLUMNS, step;
    int8_t *buffer = (int8_t *)(lanes + words);
    place next = {.image = x};
    stand(w, &next);
    for (int32_t left = w->batches * w->out_height * w->out_width; left > 0; left -= COLUMNS, y += step) {
        place at[COLUMNS];
        int32_t columns = left < COLUMNS ? left : COLUMNS;
        for (int32_t c = 0; c < COLUMNS; c++) {
            at[c] = next;
            if (c < columns)
                advance(w, &next);
            else
                at[c] = at[0];
        }
        load(p, at, lanes, buffer);
        job j = {lanes, lanes + words, p->rows, 0, 0, (w->out_channels + 1) / 2, p->multiplier, p->right, 2 * p->output_zero_point + 1};
        step = columns * w->out_channels;
        multiply(p, &j, columns, y, buffer + COLUMNS * p->buffer, rows);
    }
}

#define KERNEL(kind, multiply, rows)                                                                        \
    void tl_conv_packed_##kind(const tl_conv_packed *p, const int8_t *x, int8_t *y, void *scratch) \
    {                                                                                                       \
        run(p, x, y, scratch, multiply, rows);                                                              \
    }
KERNEL(tensor, short_product, tl_twos_tensor)
KERNEL(tensor_relu, short_product, tl_twos_tensor_relu)
KERNEL(channels, short_product, tl_twos_channels)
KERNEL(channels_relu, short_product, tl_twos_channels_relu)
KERNEL(exact, exact_product, tl_twos_sums)
