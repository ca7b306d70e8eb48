#define WEIGHT_BITS 8
#include "tl_fc_packed_loops.h"

ALL(tl_fc_packed, tl_fours)
KERNEL(tl_fc_packed_read, tl_fours_read)
KERNEL(tl_fc_packed_tensor, tl_fours_tensor)
KERNEL(tl_fc_packed_tensor_relu, tl_fours_tensor_relu)
KERNEL(tl_fc_packed_channels, tl_fours_channels)
KERNEL(tl_fc_packed_channels_relu, tl_fours_channels_relu)

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

void tl_fc_packed_exact(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch)
{
    uint32_t sums[4];
    for (int32_t b = 0; b < p->batches; b++, x += p->inputs) {
        job j = start(p, scratch);
        expand(x, p->inputs, scratch, &j);
        j.y = sums;
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
