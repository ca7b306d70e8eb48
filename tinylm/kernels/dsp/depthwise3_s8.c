#include "tl_dsp.h"
#include "tl_kernels.h"

enum { CHANNELS = 4, WORDS = 2 * CHANNELS }; /* words: of a column */

/* As depthwise3.S takes them. Weights: for each column of taps (w0, w1) and (w1, w2), doubled. */
typedef struct {
    uint32_t weights[6];
    int32_t multiplier, start, bias, right;
} channel;

typedef struct {
    const uint32_t *x, *x_end;
    int8_t *y;
    int32_t row_step, column_step, channels, odd;
    const channel *next;
} job;
typedef void kernel(const job *j);
kernel tl_depthwise3, tl_depthwise3_relu, tl_depthwise3_two, tl_depthwise3_two_relu;
void tl_two_rows(const int8_t *upper, const int8_t *lower, uint32_t *to, int32_t columns, const int32_t steps[2]);

static __attribute__((noinline)) void prepare(const tl_depthwise *p, int32_t n, channel *c)
{
    const int8_t *w = (const int8_t *)p->weights + n;
    int32_t outputs = p->window.out_channels;
    for (int32_t j = 0; j < 3; j++) {
        uint32_t taps[3];
        for (int32_t i = 0; i < 3; i++)
            taps[i] = (uint32_t)(2 * w[(3 * i + j) * outputs]);
        c->weights[2 * j] = (taps[0] & 0xffff) | taps[1] << 16;
        c->weights[2 * j + 1] = (taps[1] & 0xffff) | taps[2] << 16;
    }
    int32_t of = p->per_channel ? n : 0;
    c->multiplier = p->multiplier[of];
    c->right = -p->shift[of];
    c->start = (2 * p->output_zero_point + 1) * (1 << (c->right - 1));
    c->bias = 2 * ((const int32_t *)p->bias)[n];
}

/* Columns that the windows of a row of outputs look at. */
static int32_t columns_of(const tl_window *w)
{
    return w->out_width * w->stride_x + 2;
}

/* Two rows of the input from `y` on, as words of one slot of every column; rows beside the input are its zero point. */
static __attribute__((noinline)) void rows_from(const tl_depthwise *p, const int8_t *x, int32_t y, uint32_t *to)
{
    const tl_window *w = &p->window;
    uint32_t beside = (uint32_t)(p->input_zero_point & 255) * 0x01010101u;
    const int8_t *rows[2];
    int32_t steps[2], columns = columns_of(w) - w->pad_x;
    for (int32_t i = 0; i < 2; i++) {
        int inside = y + i >= 0 && y + i < w->in_height;
        rows[i] = inside ? x + (y + i) * w->in_width * w->in_channels : (const int8_t *)&beside;
        steps[i] = inside ? w->in_channels : 0;
    }
    tl_two_rows(rows[0], rows[1], to + w->pad_x * WORDS, columns < w->in_width ? columns : w->in_width, steps);
}

/* Four channels (n on) of one image. */
static TL_SMALL void four(const tl_depthwise *p, const int8_t *x, int8_t *y, int32_t n, uint32_t *lanes, channel *channels, kernel *rows)
{
    const tl_window *w = &p->window;
    int32_t row_size = w->out_width * w->out_channels, rows_done = w->stride_y == 1 ? 2 : 1, input = 2 - w->pad_y;
    const uint32_t *end = lanes + w->out_width * w->stride_x * WORDS;
    job j = {lanes, end, y, row_size, w->out_channels, CHANNELS, 0, channels};
    for (int32_t i = 0; i < CHANNELS; i++)
        prepare(p, n + i, channels + i);
    rows_from(p, x, -w->pad_y, lanes);
    for (int32_t row = 0; row < w->out_height; row += rows_done, input += 2, j.y += rows_done * row_size) {
        rows_from(p, x, input, lanes + !j.odd);
        if (row + 1 == w->out_height)
            j.row_step = 0;
        rows(&j);
        j.odd = !j.odd;
    }
}

static TL_SMALL void run(const tl_depthwise *p, const int8_t *x, int8_t *y, void *scratch, kernel *rows)
{
    const tl_window *w = &p->window;
    channel *channels = scratch;
    uint32_t *lanes = (uint32_t *)(channels + CHANNELS);
    int32_t size = w->out_height * w->out_width * w->out_channels;
    for (int32_t i = 0; i < columns_of(w) * WORDS; i++)
        lanes[i] = (uint32_t)(p->input_zero_point & 0xffff) * 0x10001u;
    for (int32_t b = 0; b < w->batches; b++, x += w->in_height * w->in_width * w->in_channels, y += size) {
        for (int32_t n = 0; n < w->out_channels; n += CHANNELS) {
            int32_t from = n + CHANNELS > w->out_channels ? w->out_channels - CHANNELS : n;
            four(p, x + from, y + from, from, lanes, channels, rows);
        }
        tl_clamp_s8(y, size, p->low, p->high);
    }
}

#define KERNEL(name, rows)                                                                  \
    void name(const tl_depthwise *p, const int8_t *x, int8_t *y, void *scratch) \
    {                                                                                       \
        run(p, x, y, scratch, rows);                                                        \
    }
KERNEL(tl_depthwise3_s8, tl_depthwise3)
KERNEL(tl_depthwise3_relu_s8, tl_depthwise3_relu)
KERNEL(tl_depthwise3_two_s8, tl_depthwise3_two)
KERNEL(tl_depthwise3_two_relu_s8, tl_depthwise3_two_relu)
