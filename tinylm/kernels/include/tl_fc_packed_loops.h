/* Fully connected on groups of four packed rows: all around the products, for kernels that define WEIGHT_BITS (8 or 4) and then use
 * KERNEL(name, rows) for each way of finishing. */
#include "tl_dsp.h"
#include "tl_fixed.h"
#include "tl_kernels.h"

/* What tl_groups.h takes; it knows the order of the fields. zero: 2 * zero point + 1; sum: 16 times that of all activations;
 * starts: bytes of a group before its weights. */
typedef struct {
    const uint32_t *x, *x_end, *rows;
    void *y;
    int32_t groups, products;
    const int32_t *multiplier;
    const int8_t *right;
    int32_t zero, sum, starts;
} job;
typedef void kernel(const job *j);

#if WEIGHT_BITS == 8
#define EXPAND tl_expand_8
#else
#define EXPAND tl_expand_4
#endif
void EXPAND(const int8_t *x, int32_t eights, uint32_t *to, job *of);

/* Lanes (x0, x2) and (x1, x3) of every four activations, zeros up to a multiple of 8, and their sums for the job. */
static inline void expand(const int8_t *x, int32_t count, uint32_t *to, job *of)
{
    int32_t rest = count & 7, whole = count - rest;
    of->products = of->sum = 0;
    if (whole)
        EXPAND(x, whole / 8, to, of);
    if (rest) {
        int8_t last[8] = {0};
        TL_ROLLED
        for (int32_t i = 0; i < rest; i++)
            last[i] = x[whole + i];
        EXPAND(last, 1, to + whole / 2, of);
    }
}

static int32_t group_words(const tl_fc_packed *p)
{
    return p->starts + ((p->inputs + 7) & ~7) * WEIGHT_BITS / 8;
}

static inline job start(const tl_fc_packed *p, uint32_t *lanes)
{
    uint32_t *end = lanes + ((p->inputs + 7) & ~7) / 2;
    return (job){lanes, end, p->rows, 0, p->outputs / 4, 0, p->multiplier, p->right, 2 * p->output_zero_point + 1, 0, 4 * p->starts};
}

/* The last rows, which are no whole group. */
static TL_SMALL void rest_of(const tl_fc_packed *p, int8_t *y, const job *of, kernel *rows)
{
    int32_t whole = p->outputs & -4;
    int8_t last[4];
    job j = *of;
    j.rows += whole / 4 * group_words(p);
    j.y = last;
    j.groups = 1;
    if (p->per_channel) {
        j.multiplier += whole;
        j.right += whole;
    }
    rows(&j);
    for (int32_t i = 0; whole + i < p->outputs; i++)
        y[whole + i] = last[i];
}

static __attribute__((noinline)) void run(const tl_fc_packed *p, const int8_t *x, int8_t *y, uint32_t *lanes, kernel *rows)
{
    job j = start(p, lanes);
    TL_ROLLED
    for (int32_t b = 0; b < p->batches; b++, x += p->inputs, y += p->outputs) {
        int32_t *kept = (int32_t *)lanes + (j.x_end - j.x);
        if (p->ready) {
            j.products = kept[0];
            j.sum = kept[1];
        } else {
            expand(x, p->inputs, lanes, &j);
            kept[0] = j.products;
            kept[1] = j.sum;
        }
        j.y = y;
        if (j.groups)
            rows(&j);
        if (p->outputs % 4)
            rest_of(p, y, &j, rows);
        if (p->low > -128 || p->high < 127)
            tl_clamp_s8(y, p->outputs, p->low, p->high);
    }
}

#define KERNEL(name, rows)                                                                  \
    kernel rows;                                                                            \
    void name(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch) \
    {                                                                                       \
        run(p, x, y, scratch, rows);                                                        \
    }
