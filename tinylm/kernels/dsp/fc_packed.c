#define WEIGHT_BITS 8
#include "tl_fc_packed_loops.h"

enum { SHORT = 0, PLAIN = 1 }; /* kinds: compiler/packing/tiles.py */

/* A group that is finished as TFLM does it, n: its first row. */
static TL_SMALL void long_group(const tl_fc_packed *p, const uint32_t *lanes, int is_plain, int32_t n, int8_t *y)
{
    uint32_t sums[4];
    tl_fc_packed of = part(p, n, 1);
    if (is_plain)
        tl_plain_sums(of.rows, lanes, lanes + p->depth / 2, sums);
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

void tl_row_sums(const tl_row_set *p, const int8_t *x, uint32_t *sums, uint32_t *lanes)
{
    int32_t size = 4 + p->depth;
    tl_fours_expand(x, p->inputs, p->depth, lanes);
    for (int32_t n = 0, groups; n < p->groups; n += groups, sums += 4 * groups) {
        const uint32_t *rows = p->rows + n * size;
        for (groups = 0; n + groups < p->groups && !(p->plain && p->plain[n + groups]);)
            groups++;
        tl_fc_packed run = {.rows = rows, .groups = groups, .starts = 4, .depth = p->depth};
        if (groups)
            tl_fours_sums(&run, lanes, sums);
        else {
            tl_plain_sums(rows, lanes, lanes + p->depth / 2, sums);
            groups = 1;
        }
    }
}
