#include "tl_dsp.h"
#include "tl_kernels.h"

enum { CHANNELS = 4 };

/* As depthwise3.S takes them. Weights: for each column of taps (w0, w1) and (w1, w2); they and the bias 256 times. */
typedef struct {
    uint32_t weights[6];
    int32_t bias, factor, start, step, fraction;
} channel;

typedef struct {
    int32_t row_step, column_step, pair_step, length, rows, channels;
    const channel *next;
    const uint32_t *x;
    int8_t *y;
} job;
typedef void kernel(const job *j);
void tl_two_rows(const int8_t *upper, const int8_t *lower, uint32_t *to, int32_t columns, const int32_t steps[3]);

static __attribute__((noinline)) void prepare(const tl_depthwise3 *p, int32_t n, channel *c)
{
    const int8_t *w = p->weights + n;
    int32_t outputs = p->window.out_channels;
    for (int32_t j = 0; j < 3; j++) {
        uint32_t taps[3];
        for (int32_t i = 0; i < 3; i++)
            taps[i] = (uint32_t)(256 * w[(3 * i + j) * outputs]);
        c->weights[2 * j] = (taps[0] & 0xffff) | taps[1] << 16;
        c->weights[2 * j + 1] = (taps[1] & 0xffff) | taps[2] << 16;
    }
    c->bias = 256 * p->bias[n];
    c->factor = p->factor[n];
    c->start = p->start[n];
    c->step = p->step ? p->step[n] : 0;
    c->fraction = p->fraction ? p->fraction[n] : 0;
}

/* Two rows of the input from `y` on, as words of one slot of every column; rows beside the input are its zero point. */
static __attribute__((noinline)) void rows_from(const tl_depthwise3 *p, const int8_t *x, int32_t y, uint32_t *to)
{
    const tl_window *w = &p->window;
    uint32_t beside = (uint32_t)(p->input_zero_point & 255) * 0x01010101u;
    const int8_t *rows[2];
    int32_t steps[3], columns = w->out_width * w->stride_x + 2 - w->pad_x;
    for (int32_t i = 0; i < 2; i++) {
        int inside = y + i >= 0 && y + i < w->in_height;
        rows[i] = inside ? x + (y + i) * w->in_width * w->in_channels : (const int8_t *)&beside;
        steps[i] = inside ? w->in_channels : 0;
    }
    steps[2] = 4 * p->slots;
    tl_two_rows(rows[0], rows[1], to + w->pad_x * CHANNELS * p->slots, columns < w->in_width ? columns : w->in_width, steps);
}

/* Four channels (n on) of one image. */
static TL_SMALL void four(const tl_depthwise3 *p, const int8_t *x, int8_t *y, int32_t n, uint32_t *lanes, channel *channels, kernel *rows)
{
    const tl_window *w = &p->window;
    int32_t row_size = w->out_width * w->out_channels, done = w->stride_y == 1 ? 2 : 1, at_once = done * (p->slots - 1);
    int32_t length = (w->out_width - 1) * w->stride_x * CHANNELS * p->slots * 4, height = w->out_height;
    for (int32_t i = 0; i < CHANNELS; i++)
        prepare(p, n + i, channels + i);
    for (int32_t row = 0; row < height; row += at_once) {
        int32_t count = height - row < at_once ? height - row : at_once, whole = count / done;
        for (int32_t i = 0; i <= (count + done - 1) / done; i++)
            rows_from(p, x, row * w->stride_y - w->pad_y + 2 * i, lanes + i);
        job j = {row_size, w->out_channels, done * row_size, length, 4 * whole, CHANNELS, channels, lanes, y + row * row_size};
        if (whole)
            rows(&j);
        if (count % done) {
            j.row_step = 0;
            j.rows = 4;
            j.x += whole;
            j.y += whole * j.pair_step;
            rows(&j);
        }
    }
}

static TL_SMALL void run(const tl_depthwise3 *p, const int8_t *x, int8_t *y, void *scratch, kernel *rows)
{
    const tl_window *w = &p->window;
    channel *channels = scratch;
    uint32_t *lanes = (uint32_t *)(channels + CHANNELS);
    int32_t size = w->out_height * w->out_width * w->out_channels;
    for (int32_t i = 0; i < (w->out_width * w->stride_x + 2) * CHANNELS * p->slots; i++)
        lanes[i] = (uint32_t)(p->input_zero_point & 0xffff) * 0x10001u;
    for (int32_t b = 0; b < w->batches; b++, x += w->in_height * w->in_width * w->in_channels, y += size) {
        for (int32_t n = 0; n < w->out_channels; n += CHANNELS) {
            int32_t from = n + CHANNELS > w->out_channels ? w->out_channels - CHANNELS : n;
            four(p, x + from, y + from, from, lanes, channels, rows);
        }
        tl_clamp_s8(y, size, p->low, p->high);
    }
}

#define KERNEL(kind)                                                                                           \
    kernel tl_three_##kind;                                                                                    \
    void tl_depthwise3_##kind(const tl_depthwise3 *p, const int8_t *x, int8_t *y, void *scratch) \
    {                                                                                                          \
        run(p, x, y, scratch, tl_three_##kind);                                                                \
    }
#define KERNELS(kind) KERNEL(kind##_1_4) KERNEL(kind##_1_8) KERNEL(kind##_1_16) KERNEL(kind##_2_4) KERNEL(kind##_2_8)
KERNELS(relu)
KERNELS(any)
KERNELS(each)
