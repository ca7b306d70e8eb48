#include "tl_dsp.h"
#include "tl_fixed.h"
#include "tl_kernels.h"

enum { POSITIONS = 2, ROWS = 4, SHORT = 0, PLAIN = 1 }; /* kinds: compiler/packing/tiles.py */

/* What tiles.S takes; it knows the order of the fields. step: bytes of y between the two positions. */
typedef struct {
    const uint32_t *x, *x_end, *rows, *end;
    void *y;
    int32_t step;
} job;
typedef void kernel(const job *j);
kernel tl_tiles_sums;
void tl_two(const int8_t *x, int32_t second, uint32_t *to, int32_t words, int32_t rows, int32_t pitch, int32_t gap);

/* An output position: its image, its place, where its window's first tap stands, and up to which x the taps of this place and the next one
 * lie on the input, with what is read behind them. */
typedef struct {
    const int8_t *image, *corner;
    int32_t oy, ox, y, x, last;
} place;

static TL_SMALL void stand(const tl_conv_packed *p, place *at)
{
    const tl_window *w = &p->window;
    at->y = at->oy * w->stride_y - w->pad_y;
    at->x = at->ox * w->stride_x - w->pad_x;
    at->corner = at->image + (at->y * w->in_width + at->x) * w->in_channels;
    int32_t bottom = at->y + (w->height - 1) * w->dilation_y, beyond = bottom == w->in_height - 1 ? p->beyond : 0;
    at->last = at->y >= 0 && bottom < w->in_height && w->dilation_x == 1 ? w->in_width - beyond - w->stride_x - w->width : -1;
}

static inline void advance(const tl_conv_packed *p, place *at, int32_t positions)
{
    const tl_window *w = &p->window;
    at->ox += positions;
    if (at->ox < w->out_width) {
        at->x += positions * w->stride_x;
        at->corner += positions * w->stride_x * w->in_channels;
        return;
    }
    do {
        at->ox -= w->out_width;
        if (++at->oy == w->out_height) {
            at->oy = 0;
            at->image += w->in_height * w->in_width * w->in_channels;
        }
    } while (at->ox >= w->out_width);
    stand(p, at);
}

static __attribute__((noinline)) int8_t *copy(const int8_t *from, int8_t *to, int32_t count)
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

static __attribute__((noinline)) int8_t *fill(int8_t *to, int32_t count, int32_t value)
{
    TL_ROLLED
    for (; count > 0; count--)
        *to++ = (int8_t)value;
    return to;
}

/* All taps at a place, copied; taps beside the input are its zero point. */
static __attribute__((noinline)) int8_t *gather(const tl_conv_packed *p, const place *at, int8_t *to)
{
    const tl_window *w = &p->window;
    int32_t channels = w->in_channels, step = w->dilation_x, zero = p->input_zero_point, y = at->y, row_size = w->in_width * channels;
    const int8_t *row = at->corner;
    int32_t beyond = at->x + w->width - w->in_width, left = at->x < 0 ? -at->x : 0, right = beyond > 0 ? beyond : 0;
    if (left + right > w->width) {
        left = w->width;
        right = 0;
    }
    for (int32_t i = 0; i < w->height; i++, y += w->dilation_y, row += w->dilation_y * row_size) {
        if (y < 0 || y >= w->in_height)
            to = fill(to, w->width * channels, zero);
        else if (step == 1) {
            to = fill(to, left * channels, zero);
            to = copy(row + left * channels, to, (w->width - left - right) * channels);
            to = fill(to, right * channels, zero);
        } else {
            for (int32_t j = 0, x = at->x; j < w->width; j++, x += step)
                to = x >= 0 && x < w->in_width ? copy(row + j * step * channels, to, channels) : fill(to, channels, zero);
        }
    }
    return to;
}

/* What the runs' whole words leave of two places, `second` bytes apart: run after run. */
static __attribute__((noinline)) void load_rests(
    const tl_conv_packed *p, const int8_t *from, int32_t second, int32_t pitch, uint32_t *lanes, int8_t *buffer)
{
    int32_t size = p->depth - 4 * p->words * p->runs;
    int8_t *to = buffer;
    from += 4 * p->words;
    for (int32_t i = 0; i < p->runs; i++, from += pitch, to += p->rest) {
        to[0] = from[0];
        to[size] = from[second];
        if (p->rest >= 2) {
            to[1] = from[1];
            to[size + 1] = from[second + 1];
        }
        if (p->rest == 3) {
            to[2] = from[2];
            to[size + 2] = from[second + 2];
        }
    }
    tl_two(buffer, size, lanes + 4 * p->words * p->runs, size / 4, 1, 0, 0);
}

/* The activations of two places, `second` bytes apart, as lanes. */
static inline void load_runs(const tl_conv_packed *p, const int8_t *from, int32_t second, int32_t pitch, uint32_t *lanes, int8_t *buffer)
{
    if (p->words)
        tl_two(from, second, lanes, p->words, p->runs, pitch, 0);
    if (p->rest)
        load_rests(p, from, second, pitch, lanes, buffer + 2 * p->depth + 4);
}

/* The same of a place and the next one, or of one alone; the next place is where it ends. */
static inline void load(const tl_conv_packed *p, place *at, int32_t positions, uint32_t *lanes, int8_t *buffer)
{
    const tl_window *w = &p->window;
    const int8_t *from = at->corner;
    int32_t second = w->stride_x * w->in_channels, pitch = w->dilation_y * w->in_width * w->in_channels;
    if (positions == POSITIONS && at->x >= 0 && at->x <= at->last && at->ox + 1 < w->out_width)
        advance(p, at, POSITIONS);
    else {
        for (int32_t i = 0; i < positions; i++) {
            gather(p, at, buffer + i * p->depth);
            advance(p, at, 1);
        }
        from = buffer;
        second = (positions - 1) * p->depth;
        pitch = w->width * w->in_channels;
    }
    load_runs(p, from, second, pitch, lanes, buffer);
}

/* A group that is finished as TFLM does it. */
static TL_SMALL void long_group(const tl_conv_packed *p, const job *j, int is_plain)
{
    uint32_t sums[POSITIONS * ROWS];
    job one = *j;
    one.y = sums;
    if (is_plain) {
        tl_plain_pair(j->rows, j->x, j->x_end, sums);
        tl_plain_pair(j->rows + 2, j->x, j->x_end, sums + 2);
    } else
        tl_tiles_sums(&one);
    const uint32_t *ends = j->rows + ROWS + p->depth;
    int8_t *y = j->y;
    for (int32_t n = 0; n < ROWS; n++, ends += p->per_row)
        for (int32_t i = 0; i < POSITIONS; i++)
            y[i * j->step + n] = (int8_t)tl_finish(sums[i * ROWS + n], (int32_t)ends[0], (int32_t)ends[1], p->output_zero_point, -128, 127);
}

/* What all positions need. end: of the groups but an odd last one, which holds the last four rows, some of them once more. */
typedef struct {
    const tl_conv_packed *p;
    kernel *groups;
    int8_t *y, *aside;
    const uint32_t *end;
    int32_t size, outputs, padded;
} work;

static TL_SMALL void mixed_groups(const work *of, job *j)
{
    const tl_conv_packed *p = of->p;
    int8_t *first = j->y;
    for (int32_t n = 0; n < of->padded; n += ROWS) {
        int32_t kind = p->kinds[n / ROWS];
        j->y = first + (n + ROWS > of->outputs && n ? of->outputs - ROWS : n);
        j->end = j->rows + of->size;
        if (kind == SHORT)
            of->groups(j);
        else
            long_group(p, j, kind == PLAIN);
        j->rows = j->end;
    }
}

/* All rows times two positions, or one (of two): to y, and `step` positions on. */
static void multiply(const work *of, const uint32_t *lanes, int8_t *y, int32_t positions, int32_t step)
{
    int whole = positions == POSITIONS && of->outputs >= ROWS;
    const tl_conv_packed *p = of->p;
    job j = {lanes, lanes + p->depth, p->rows, of->end, whole ? y : of->aside, whole ? step * of->outputs : of->padded};
    if (p->kinds)
        mixed_groups(of, &j);
    else {
        of->groups(&j);
        if (of->outputs > ROWS && of->outputs % ROWS) {
            j.rows = of->end;
            j.end += of->size;
            j.y = (int8_t *)j.y + of->outputs - ROWS;
            of->groups(&j);
        }
    }
    for (int32_t i = 0; i < positions && !whole; i++)
        copy(of->aside + i * of->padded, y + i * step * of->outputs, of->outputs);
}

/* Two positions after another. */
static void by_pairs(const work *of, const int8_t *x, uint32_t *lanes, int8_t *buffer)
{
    const tl_conv_packed *p = of->p;
    const tl_window *w = &p->window;
    int8_t *y = of->y;
    place at = {.image = x};
    stand(p, &at);
    for (int32_t left = w->batches * w->out_height * w->out_width; left > 0; left -= POSITIONS, y += POSITIONS * of->outputs) {
        int32_t positions = left < POSITIONS ? left : POSITIONS;
        load(p, &at, positions, lanes, buffer);
        multiply(of, lanes, y, positions, 1);
    }
}

/* The same for a window of 1 x 1 that meets every position: the input is one run, of which the last words may not be read. */
static void by_points(const work *of, const int8_t *x, uint32_t *lanes, int8_t *buffer)
{
    const tl_conv_packed *p = of->p;
    int32_t channels = p->window.in_channels, left = p->window.in_width;
    int8_t *y = of->y;
    for (; left >= POSITIONS + p->beyond; left -= POSITIONS, x += POSITIONS * channels, y += POSITIONS * of->outputs) {
        tl_two(x, channels, lanes, p->words, 1, 0, 0);
        multiply(of, lanes, y, POSITIONS, 1);
    }
    for (int32_t positions; left > 0; left -= positions, y += positions * of->outputs) {
        positions = left < POSITIONS ? left : POSITIONS;
        for (int32_t i = 0; i < positions; i++, x += channels)
            copy(x, buffer + i * p->depth, channels);
        tl_two(buffer, (positions - 1) * p->depth, lanes, p->words, 1, 0, 0);
        multiply(of, lanes, y, positions, 1);
    }
}

/* Row i of the taps of `columns` columns of the input from `at` on, and of as many `second` columns further on. */
static void load_row(const tl_conv_packed *p, const place *at, int32_t i, int32_t columns, int32_t second, uint32_t *lanes, int8_t *buffer)
{
    const tl_window *w = &p->window;
    int32_t y = at->y + i * w->dilation_y, channels = w->in_channels, words = channels / 4, size = w->height * channels;
    const int8_t *row = at->corner + i * w->dilation_y * w->in_width * channels;
    if (y < 0 || y >= w->in_height) {
        fill(buffer, channels, p->input_zero_point);
        tl_two(buffer, 0, lanes, words, columns, 0, 4 * (size - channels));
        return;
    }
    for (int32_t c = 0, left; c < columns; c += left, lanes += left * size) {
        left = w->in_width - second - at->x - c;
        if (left > columns - c)
            left = columns - c;
        if (at->x + c >= 0 && left > 0) {
            tl_two(row + c * channels, second * channels, lanes, words, left, channels, 4 * (size - channels));
            continue;
        }
        left = 1;
        for (int32_t k = 0; k < POSITIONS; k++) {
            int32_t column = c + k * second, x = at->x + column;
            if (x >= 0 && x < w->in_width)
                copy(row + column * channels, buffer + k * channels, channels);
            else
                fill(buffer + k * channels, channels, p->input_zero_point);
        }
        tl_two(buffer, channels, lanes, words, 1, 0, 0);
    }
}

/* A tile of a row's positions after another, those of its first half paired with those of its second: columns are loaded once. */
static void by_tiles(const work *of, const int8_t *x, uint32_t *lanes, int8_t *buffer)
{
    const tl_conv_packed *p = of->p;
    const tl_window *w = &p->window;
    int32_t step = w->stride_x * w->height * w->in_channels, positions;
    int8_t *y = of->y;
    place at = {.image = x};
    stand(p, &at);
    for (int32_t left = w->batches * w->out_height * w->out_width; left > 0; left -= positions) {
        positions = w->out_width - at.ox < p->tile ? w->out_width - at.ox : p->tile;
        int32_t half = (positions + 1) / 2, columns = (half - 1) * w->stride_x + w->width;
        for (int32_t i = 0; i < w->height; i++)
            load_row(p, &at, i, columns, half * w->stride_x, lanes + i * w->in_channels, buffer);
        for (int32_t k = 0; k < half; k++, y += of->outputs)
            multiply(of, lanes + k * step, y, k + half < positions ? 2 : 1, half);
        y += (positions - half) * of->outputs;
        advance(p, &at, positions);
    }
}

/* The image with its zero point around it. */
static TL_SMALL const int8_t *surround(const tl_conv_packed *p, const int8_t *x, int8_t *to)
{
    const tl_window *w = &p->window;
    int32_t row = w->in_width * w->in_channels, inner = p->inner_width * w->in_channels, left = p->left * w->in_channels;
    memset(to, p->input_zero_point, (size_t)(w->in_height * row));
    int8_t *at = to + p->top * row + left;
    for (int32_t y = 0; y < p->inner_height; y++, at += row, x += inner)
        copy(x, at, inner);
    return to;
}

static TL_SMALL void run(const tl_conv_packed *p, const int8_t *x, int8_t *y, uint32_t *lanes, kernel *groups)
{
    const tl_window *w = &p->window;
    int32_t outputs = w->out_channels, padded = (outputs + ROWS - 1) & -ROWS, size = ROWS + p->depth + ROWS * p->per_row;
    const uint32_t *end = p->rows + (outputs < ROWS ? 1 : outputs / ROWS) * size;
    int8_t *buffer = (int8_t *)(lanes + p->lanes);
    work of = {p, groups, y, buffer + p->buffer, end, size, outputs, padded};
    if (p->inner_height)
        x = surround(p, x, buffer + p->buffer + 2 * padded);
    if (p->tile)
        by_tiles(&of, x, lanes, buffer);
    else if (p->flat)
        by_points(&of, x, lanes, buffer);
    else
        by_pairs(&of, x, lanes, buffer);
    tl_clamp_s8(y, w->batches * w->out_height * w->out_width * outputs, p->low, p->high);
}

#define KERNEL(kind)                                                                                        \
    kernel tl_tiles_##kind;                                                                                 \
    void tl_conv_packed_##kind(const tl_conv_packed *p, const int8_t *x, int8_t *y, void *scratch) \
    {                                                                                                       \
        run(p, x, y, scratch, tl_tiles_##kind);                                                             \
    }
KERNEL(relu_9)
KERNEL(relu_11)
KERNEL(relu_13)
KERNEL(relu_15)
KERNEL(relu_17)
KERNEL(any_9)
KERNEL(any_11)
KERNEL(any_13)
KERNEL(any_15)
KERNEL(any_17)
