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

/* An output position: where its window's first tap stands, and the image. */
typedef struct {
    const int8_t *image;
    int32_t oy, ox, y, x;
} place;

static void stand(const tl_window *w, place *at)
{
    at->y = at->oy * w->stride_y - w->pad_y;
    at->x = at->ox * w->stride_x - w->pad_x;
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

/* Row i of the taps at a place, copied; taps beside the input are its zero point. */
static TL_SMALL void gather(const tl_conv_packed *p, const place *at, int32_t i, int8_t *to)
{
    const tl_window *w = &p->window;
    int32_t channels = w->in_channels, y = at->y + i * w->dilation_y, x = at->x;
    for (int32_t j = 0; j < w->width; j++, x += w->dilation_x) {
        int inside = y >= 0 && y < w->in_height && x >= 0 && x < w->in_width;
        const int8_t *from = at->image + (y * w->in_width + x) * channels;
        for (int32_t c = 0; c < channels; c++)
            *to++ = (int8_t)(inside ? from[c] : p->input_zero_point);
    }
}

/* The same, in place where all of it lies on the input. */
static TL_SMALL const int8_t *row_at(const tl_conv_packed *p, const place *at, int32_t i, int8_t *buffer)
{
    const tl_window *w = &p->window;
    int32_t y = at->y + i * w->dilation_y;
    if (y >= 0 && y < w->in_height && at->x >= 0 && at->x + w->width <= w->in_width)
        return at->image + (y * w->in_width + at->x) * w->in_channels;
    gather(p, at, i, buffer);
    return buffer;
}

/* The activations of three places as lanes. */
static TL_SMALL void load(const tl_conv_packed *p, const place at[COLUMNS], uint32_t *lanes, int8_t *buffer)
{
    const tl_window *w = &p->window;
    int32_t run = w->width * w->in_channels;
    if (!p->direct) {
        for (int32_t c = 0; c < COLUMNS; c++)
            for (int32_t i = 0; i < w->height; i++)
                gather(p, &at[c], i, buffer + c * p->buffer + i * run);
        tl_three(buffer, buffer + p->buffer, buffer + 2 * p->buffer, lanes, p->buffer / 4);
        return;
    }
    for (int32_t i = 0; i < w->height; i++) {
        const int8_t *from[COLUMNS];
        for (int32_t c = 0; c < COLUMNS; c++)
            from[c] = row_at(p, &at[c], i, buffer + c * p->buffer);
        lanes = tl_three(from[0], from[1], from[2], lanes, run / 4);
    }
}

static int32_t padded_weights(const tl_conv_packed *p)
{
    return (p->window.height * p->window.width * p->window.in_channels + 3) & ~3;
}

/* One pair of rows less, its results gone through `last`: for odd rows and for fewer than three columns. */
static TL_SMALL void spill(const tl_conv_packed *p, job j, int32_t pair, int32_t columns, int8_t *y, kernel *rows)
{
    int32_t outputs = p->window.out_channels, both = pair * 2 + 1 < outputs;
    int8_t last[2 * COLUMNS];
    j.rows += pair * (2 + padded_weights(p) / 2);
    j.y = last;
    j.step = 2;
    j.pairs = 1;
    if (p->per_channel) {
        j.multiplier += 2 * pair;
        j.right += 2 * pair;
    }
    rows(&j);
    for (int32_t c = 0; c < columns; c++) {
        y[c * outputs + 2 * pair] = last[2 * c];
        if (both)
            y[c * outputs + 2 * pair + 1] = last[2 * c + 1];
    }
}

/* All rows of the activations in *j; three columns of them or fewer are wanted. */
typedef void product(const tl_conv_packed *p, job *j, int32_t columns, int8_t *y, kernel *rows);

static TL_SMALL void short_product(const tl_conv_packed *p, job *j, int32_t columns, int8_t *y, kernel *rows)
{
    int32_t outputs = p->window.out_channels, direct = columns == COLUMNS ? outputs / 2 : 0;
    j->y = y;
    j->pairs = direct;
    if (direct)
        rows(j);
    for (int32_t pair = direct; 2 * pair < outputs; pair++)
        spill(p, *j, pair, columns, y, rows);
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

static TL_SMALL void exact_product(const tl_conv_packed *p, job *j, int32_t columns, int8_t *y, kernel *rows)
{
    int32_t outputs = p->window.out_channels;
    uint32_t sums[2 * COLUMNS];
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
    place next = {x, 0, 0, 0, 0};
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
        load(p, at, lanes, (int8_t *)(lanes + words));
        job j = {lanes, lanes + words, p->rows, 0, w->out_channels, 0, p->multiplier, p->right, 2 * p->output_zero_point + 1};
        step = columns * w->out_channels;
        multiply(p, &j, columns, y, rows);
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
