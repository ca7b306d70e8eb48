/* Fully connected on groups of four packed rows: all around the products, for kernels that define WEIGHT_BITS (8 or 4) and then use
 * KERNEL(name, rows) for each way of finishing. */
#include "tl_dsp.h"
#include "tl_fixed.h"
#include "tl_kernels.h"

#if WEIGHT_BITS == 8
#define EXPAND tl_fours_expand
#define EIGHTS tl_expand_8
#else
#define EXPAND tl_quads_expand
#define EIGHTS tl_expand_4
#endif
void EIGHTS(const int8_t *x, int32_t eights, uint32_t *to, int32_t sums[2]);

void EXPAND(const int8_t *x, int32_t inputs, int32_t depth, void *scratch)
{
    int32_t rest = inputs & 7, whole = inputs - rest, sums[2] = {0, 0};
    uint32_t *lanes = scratch;
    if (whole)
        EIGHTS(x, whole / 8, lanes, sums);
    if (rest) {
        int8_t last[8] = {0};
        TL_ROLLED
        for (int32_t i = 0; i < rest; i++)
            last[i] = x[whole + i];
        EIGHTS(last, 1, lanes + whole / 2, sums);
    }
    lanes[depth / 2] = (uint32_t)sums[0];
    lanes[depth / 2 + 1] = (uint32_t)sums[1];
}

/* The layer of some groups from row n on. */
static TL_SMALL tl_fc_packed part(const tl_fc_packed *p, int32_t n, int32_t groups)
{
    tl_fc_packed result = *p;
    result.rows += n / 4 * (p->starts + p->depth * WEIGHT_BITS / 8);
    result.groups = groups;
    if (p->per_channel) {
        result.multiplier += n;
        result.right += n;
    }
    return result;
}

/* The last rows, which are no whole group. */
static TL_SMALL void rest_of(const tl_fc_packed *p, const uint32_t *lanes, int8_t *y, tl_fc_rows *rows)
{
    int32_t whole = p->outputs & -4;
    int8_t last[4];
    tl_fc_packed of = part(p, whole, 1);
    rows(&of, lanes, last);
    for (int32_t i = 0; whole + i < p->outputs; i++)
        y[whole + i] = last[i];
}

static __attribute__((noinline)) void run(const tl_fc_packed *p, const int8_t *x, int8_t *y, uint32_t *lanes, tl_fc_rows *rows)
{
    TL_ROLLED
    for (int32_t b = p->batches; b > 0; b--, x += p->inputs, y += p->outputs) {
        if (!p->ready)
            EXPAND(x, p->inputs, p->depth, lanes);
        if (p->groups)
            rows(p, lanes, y);
        if (p->outputs % 4)
            rest_of(p, lanes, y, rows);
        if (p->low > -128 || p->high < 127)
            tl_clamp_s8(y, p->outputs, p->low, p->high);
    }
}

#define KERNEL(name, rows)                                                      \
    void name(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch) \
    {                                                                           \
        run(p, x, y, scratch, rows);                                            \
    }

/* EACH(name, rows) for every way of finishing rows with biases; TL_PROVED with _bare: for those without. */
#define TL_BOTH(EACH, name, rows, fraction, bare) \
    EACH(name##_relu_##fraction##bare, rows##_relu_##fraction##bare) EACH(name##_any_##fraction##bare, rows##_any_##fraction##bare)
#define TL_PROVED(EACH, name, rows, bare)                                                                                         \
    TL_BOTH(EACH, name, rows, 9, bare) TL_BOTH(EACH, name, rows, 11, bare) TL_BOTH(EACH, name, rows, 13, bare)                     \
    TL_BOTH(EACH, name, rows, 15, bare) TL_BOTH(EACH, name, rows, 17, bare)
#define TL_NEAR(EACH, name, rows, shift) EACH(name##_near_##shift, rows##_near_##shift)
#define TL_FINISHES(EACH, name, rows)                                                                                             \
    TL_PROVED(EACH, name, rows, ) TL_NEAR(EACH, name, rows, 1) TL_NEAR(EACH, name, rows, 2) TL_NEAR(EACH, name, rows, 3)           \
    TL_NEAR(EACH, name, rows, 4) TL_NEAR(EACH, name, rows, 5) TL_NEAR(EACH, name, rows, 6) TL_NEAR(EACH, name, rows, 7)            \
    TL_NEAR(EACH, name, rows, 8) TL_NEAR(EACH, name, rows, 9) TL_NEAR(EACH, name, rows, 10) TL_NEAR(EACH, name, rows, 11)          \
    TL_NEAR(EACH, name, rows, 12) TL_NEAR(EACH, name, rows, 13) TL_NEAR(EACH, name, rows, 14) TL_NEAR(EACH, name, rows, 15)        \
    EACH(name##_read, rows##_read) EACH(name##_tensor, rows##_tensor) EACH(name##_tensor_relu, rows##_tensor_relu)                 \
    EACH(name##_channels, rows##_channels) EACH(name##_channels_relu, rows##_channels_relu)
