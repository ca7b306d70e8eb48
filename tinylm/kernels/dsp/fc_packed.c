#include "tl_dsp.h"
#include "tl_fixed.h"
#include "tl_kernels.h"

/* What fours.S takes; it knows the order of the fields. zero: 2 * zero point + 1. */
typedef struct {
    const uint32_t *x, *x_end, *rows;
    void *y;
    int32_t groups, products;
    const int32_t *multiplier;
    const int8_t *right;
    int32_t zero;
} job;
typedef void kernel(const job *j);
kernel tl_fours_tensor, tl_fours_tensor_relu, tl_fours_channels, tl_fours_channels_relu, tl_fours_sums;

/* Lanes (x0, x2) and (x1, x3) of every four activations, zeros up to a multiple of 8; returns the sum of all x0 * x1 + x2 * x3. */
static __attribute__((noinline)) int32_t expand(const int8_t *x, int32_t count, uint32_t *to)
{
    int32_t products = 0;
    for (int32_t left = (count + 7) & ~7; left > 0; left -= 4, count -= 4, x += 4) {
        uint32_t bytes = 0;
        if (count >= 4)
            bytes = tl_word(x);
        else
            for (int32_t i = count - 1; i >= 0; i--)
                bytes = bytes << 8 | (uint8_t)x[i];
        int16x2_t even = tl_even(bytes), odd = tl_odd(bytes);
        products = __smlad(even, odd, products);
        *to++ = (uint32_t)even;
        *to++ = (uint32_t)odd;
    }
    return products;
}

static int32_t group_words(const tl_fc_packed *p)
{
    return 4 + ((p->inputs + 7) & ~7);
}

static TL_SMALL job start(const tl_fc_packed *p, const int8_t *x, void *y, uint32_t *lanes)
{
    int32_t products = expand(x, p->inputs, lanes);
    return (job){lanes, lanes + (group_words(p) - 4) / 2, p->rows, y, p->outputs / 4, products, p->multiplier, p->right,
                 2 * p->output_zero_point + 1};
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

#define KERNEL(kind)                                                                                      \
    void tl_fc_packed_##kind(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch) \
    {                                                                                                     \
        run(p, x, y, scratch, tl_fours_##kind);                                                           \
    }
KERNEL(tensor)
KERNEL(tensor_relu)
KERNEL(channels)
KERNEL(channels_relu)

/* The sums of four rows that could not be packed. */
static TL_SMALL void plain(const job *j, uint32_t sums[4])
{
    const uint32_t *w = j->rows;
    memcpy(sums, w, 16);
    w += 4;
    for (const uint32_t *x = j->x; x != j->x_end; x += 2)
        for (int32_t i = 0; i < 4; i++, w++) {
            sums[i] = (uint32_t)__smlad(tl_even(*w), (int16x2_t)x[0], (int32_t)sums[i]);
            sums[i] = (uint32_t)__smlad(tl_odd(*w), (int16x2_t)x[1], (int32_t)sums[i]);
        }
}

void tl_fc_packed_exact(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch)
{
    uint32_t sums[4];
    for (int32_t b = 0; b < p->batches; b++, x += p->inputs) {
        job j = start(p, x, sums, scratch);
        j.groups = 1;
        for (int32_t n = 0; n < p->outputs; n++) {
            if (n % 4 == 0) {
                if (p->plain && p->plain[n / 4])
                    plain(&j, sums);
                else
                    tl_fours_sums(&j);
                j.rows += group_words(p);
            }
            int32_t channel = p->per_channel ? n : 0;
            *y++ = (int8_t)tl_finish(sums[n % 4], p->multiplier[channel], -p->right[channel], p->output_zero_point, p->low, p->high);
        }
    }
}
