/* Fully connected on groups of four packed rows: all around the products, for kernels that define WEIGHT_BITS (8 or 4) and then use
 * KERNEL(name, rows) for each way of finishing. */
#include "tl_dsp.h"
#include "tl_fixed.h"
#include "tl_kernels.h"

/* What tl_groups.h takes; it knows the order of the fields. zero: 2 * zero point + 1; sum: 16 times that of all activations. */
typedef struct {
    const uint32_t *x, *x_end, *rows;
    void *y;
    int32_t groups, products;
    const int32_t *multiplier;
    const int8_t *right;
    int32_t zero, sum;
} job;
typedef void kernel(const job *j);

/* Lanes (x0, x2) and (x1, x3) of every four activations, zeros up to a multiple of 8; and the sum of all x0 * x1 + x2 * x3. */
static __attribute__((noinline)) void expand(const int8_t *x, int32_t count, uint32_t *to, job *j)
{
    int32_t products = 0, sum = 0;
    TL_ROLLED
    for (int32_t left = (count + 7) & ~7; left > 0; left -= 4, count -= 4, x += 4) {
        uint32_t bytes = 0;
        if (count >= 4)
            bytes = tl_word(x);
        else
            for (int32_t i = count - 1; i >= 0; i--)
                bytes = bytes << 8 | (uint8_t)x[i];
        int16x2_t even = tl_even(bytes), odd = tl_odd(bytes);
        products = __smlad(even, odd, products);
        if (WEIGHT_BITS == 4)
            sum = __smlad(__sadd16(even, odd), (int16x2_t)0x00100010, sum);
        *to++ = (uint32_t)even;
        *to++ = (uint32_t)odd;
    }
    j->products = products;
    j->sum = sum;
}

static int32_t group_words(const tl_fc_packed *p)
{
    return 4 + ((p->inputs + 7) & ~7) * WEIGHT_BITS / 8;
}

static TL_SMALL job start(const tl_fc_packed *p, const int8_t *x, void *y, uint32_t *lanes)
{
    const uint32_t *end = lanes + ((p->inputs + 7) & ~7) / 2;
    job j = {lanes, end, p->rows, y, p->outputs / 4, 0, p->multiplier, p->right, 2 * p->output_zero_point + 1, 0};
    expand(x, p->inputs, lanes, &j);
    return j;
}

static TL_SMALL void run(const tl_fc_packed *p, const int8_t *x, int8_t *y, uint32_t *lanes, kernel *rows)
{
    int32_t whole = p->outputs / 4, rest = p->outputs % 4;
    for (int32_t b = 0; b < p->batches; b++, x += p->inputs, y += p->outputs) {
        job j = start(p, x, y, lanes);
        if (whole)
            rows(&j);
        if (rest) {
            int8_t last[4];
            j.rows += whole * group_words(p);
            j.y = last;
            j.groups = 1;
            if (p->per_channel) {
                j.multiplier += whole * 4;
                j.right += whole * 4;
            }
            rows(&j);
            for (int32_t i = 0; i < rest; i++)
                y[whole * 4 + i] = last[i];
        }
        tl_clamp_s8(y, p->outputs, p->low, p->high);
    }
}

#define KERNEL(name, rows)                                                                  \
    kernel rows;                                                                            \
    void name(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch) \
    {                                                                                       \
        run(p, x, y, scratch, rows);                                                        \
    }
