#define WEIGHT_BITS 8
#include "tl_fc_packed_loops.h"

enum { SHORT = 0, PLAIN = 1 }; /* kinds: compiler/packing/tiles.py */

/* The sums of four rows that could not be packed. */
static TL_SMALL void plain(const tl_fc_packed *p, const uint32_t *lanes, uint32_t sums[4])
{
    const uint32_t *w = p->rows;
    memcpy(sums, w, 16);
    w += 4;
    for (const uint32_t *x = lanes; x != lanes + p->depth / 2; x += 2)
        for (int32_t i = 0; i < 4; i++, w++) {
            sums[i] = (uint32_t)__smlad(tl_even(*w), (int16x2_t)x[0], (int32_t)sums[i]);
            sums[i] = (uint32_t)__smlad(tl_odd(*w), (int16x2_t)x[1], (int32_t)sums[i]);
        }
}

/* A group that is finished as TFLM does it, n: its first row. */
static TL_SMALL void long_group(const tl_fc_packed *p, const uint32_t *lanes, int is_plain, int32_t n, int8_t *y)
{
    uint32_t sums[4];
    tl_fc_packed of = part(p, n, 1);
    if (is_plain)
        plain(&of, lanes, sums);
    else
        tl_fours_sums(&of, lanes, sums);
    for (int32_t i = 0; i < 4 && n + i < p->outputs; i++) {
        int32_t channel = p->per_channel ? n + i : 0;
        y[i] = (int8_t)tl_finish(sums[i], p->exact[channel], -p->right[channel], p->output_zero_point, p->low, p->high);
    }
}

/* rows: for runs of groups that are finished short, if there are any. */
static TL_SMALL void run_mixed(const tl_fc_packed *p, const int8_t *x, int8_t *y, uint32_t *lanes, tl_fc_rows *rows)
{
    for (int32_t b = 0; b < p->batches; b++, x += p->inputs, y += p->outputs) {
        EXPAND(x, p->inputs, p->depth, lanes);
        for (int32_t n = 0, groups; n < p->outputs; n += 4 * groups) {
            int32_t left = p->outputs - n;
            for (groups = 0; rows && 4 * groups < left && p->kinds[n / 4 + groups] == SHORT;)
                groups++;
            if (groups > 1 && 4 * groups > left)
                groups--;
            if (groups) {
                int8_t last[4];
                tl_fc_packed of = part(p, n, groups);
                rows(&of, lanes, 4 * groups > left ? last : y + n);
                if (4 * groups > left)
                    memcpy(y + n, last, (size_t)left);
            } else {
                long_group(p, lanes, p->kinds && p->kinds[n / 4] == PLAIN, n, y + n);
                groups = 1;
            }
        }
        tl_clamp_s8(y, p->outputs, p->low, p->high);
    }
}

#define MIXED(name, rows)                                                               \
    KERNEL(name, rows)                                                                  \
    void name##_mixed(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch) \
    {                                                                                   \
        run_mixed(p, x, y, scratch, rows);                                              \
    }
TL_FINISHES(MIXED, tl_fc_packed, tl_fours)
TL_PROVED(KERNEL, tl_fc_packed, tl_fours, _bare)

void tl_fc_packed_exact(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch)
{
    run_mixed(p, x, y, scratch, 0);
}
