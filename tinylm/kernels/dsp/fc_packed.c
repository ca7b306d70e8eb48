#define WEIGHT_BITS 8
#include "tl_fc_packed_loops.h"

enum { SHORT = 0, PLAIN = 1 }; /* kinds: compiler/packing/tiles.py */

kernel tl_fours_sums;

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

/* A group that is finished as TFLM does it, n: its first row. */
static TL_SMALL void long_group(const tl_fc_packed *p, const job *of, int is_plain, int32_t n, int8_t *y)
{
    uint32_t sums[4];
    job j = *of;
    j.y = sums;
    j.groups = 1;
    if (is_plain)
        plain(&j, sums);
    else
        tl_fours_sums(&j);
    for (int32_t i = 0; i < 4 && n + i < p->outputs; i++) {
        int32_t channel = p->per_channel ? n + i : 0;
        y[i] = (int8_t)tl_finish(sums[i], p->exact[channel], -p->right[channel], p->output_zero_point, p->low, p->high);
    }
}

/* rows: for runs of groups that are finished short, if there are any. */
static TL_SMALL void run_mixed(const tl_fc_packed *p, const int8_t *x, int8_t *y, uint32_t *lanes, kernel *rows)
{
    for (int32_t b = 0; b < p->batches; b++, x += p->inputs, y += p->outputs) {
        job j = start(p, lanes);
        expand(x, p->inputs, lanes, &j);
        for (int32_t n = 0, groups; n < p->outputs; n += 4 * groups) {
            int32_t left = p->outputs - n;
            int8_t last[4];
            for (groups = 0; rows && 4 * groups < left && p->kinds[n / 4 + groups] == SHORT;)
                groups++;
            if (groups > 1 && 4 * groups > left)
                groups--;
            j.groups = groups;
            j.y = 4 * groups > left ? last : y + n;
            if (groups)
                rows(&j);
            else
                long_group(p, &j, p->kinds && p->kinds[n / 4] == PLAIN, n, y + n);
            if (j.y == last)
                memcpy(y + n, last, (size_t)left);
            if (!groups)
                groups = 1;
            j.rows += groups * group_words(p);
            if (p->per_channel) {
                j.multiplier += 4 * groups;
                j.right += 4 * groups;
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
#define BOTH(fraction)                                                 \
    MIXED(tl_fc_packed_relu_##fraction, tl_fours_relu_##fraction)      \
    MIXED(tl_fc_packed_any_##fraction, tl_fours_any_##fraction)
#define BARE(fraction)                                                                \
    KERNEL(tl_fc_packed_relu_##fraction##_bare, tl_fours_relu_##fraction##_bare)      \
    KERNEL(tl_fc_packed_any_##fraction##_bare, tl_fours_any_##fraction##_bare)
BOTH(9)
BOTH(11)
BOTH(13)
BOTH(15)
BOTH(17)
BARE(9)
BARE(11)
BARE(13)
BARE(15)
BARE(17)
MIXED(tl_fc_packed_near_1, tl_fours_near_1)
MIXED(tl_fc_packed_near_2, tl_fours_near_2)
MIXED(tl_fc_packed_near_3, tl_fours_near_3)
MIXED(tl_fc_packed_near_4, tl_fours_near_4)
MIXED(tl_fc_packed_near_5, tl_fours_near_5)
MIXED(tl_fc_packed_near_6, tl_fours_near_6)
MIXED(tl_fc_packed_near_7, tl_fours_near_7)
MIXED(tl_fc_packed_near_8, tl_fours_near_8)
MIXED(tl_fc_packed_near_9, tl_fours_near_9)
MIXED(tl_fc_packed_near_10, tl_fours_near_10)
MIXED(tl_fc_packed_near_11, tl_fours_near_11)
MIXED(tl_fc_packed_near_12, tl_fours_near_12)
MIXED(tl_fc_packed_near_13, tl_fours_near_13)
MIXED(tl_fc_packed_near_14, tl_fours_near_14)
MIXED(tl_fc_packed_near_15, tl_fours_near_15)
MIXED(tl_fc_packed_read, tl_fours_read)
MIXED(tl_fc_packed_tensor, tl_fours_tensor)
MIXED(tl_fc_packed_tensor_relu, tl_fours_tensor_relu)
MIXED(tl_fc_packed_channels, tl_fours_channels)
MIXED(tl_fc_packed_channels_relu, tl_fours_channels_relu)

void tl_fc_packed_exact(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch)
{
    run_mixed(p, x, y, scratch, 0);
}
