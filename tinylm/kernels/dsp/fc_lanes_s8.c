#include "tl_dsp.h"
#include "tl_fixed.h"
#include "tl_kernels.h"

enum { ROWS = 8, BLOCK = 8 };

/* The rows' sums, moved on by one pass; returns the next one's weights. lanes.S knows the order of the fields. */
typedef struct {
    const uint32_t *weights, *x, *x_end;
    uint32_t *sums, *sums_end;
} passing;
const uint32_t *tl_lane_sums(const passing *j);

/* Sums -> outputs, as tl_groups.h requantises. rows: twice the factor, twice the bias; zero: 2 * zero point + 1. */
typedef struct {
    const uint32_t *sums, *sums_end;
    const int32_t *rows, *finish;
    int8_t *y;
    int32_t zero, per_channel;
} finishing;
void tl_finish_lanes(const finishing *j);

/* Lanes (x0, x2) and (x1, x3) of every four activations, zeros up to a multiple of 8. */
static uint32_t *expand(const int8_t *x, int32_t count, uint32_t *to)
{
    uint32_t *start = to;
    for (; count >= 4; count -= 4, x += 4) {
        uint32_t bytes = tl_word(x);
        *to++ = (uint32_t)tl_even(bytes);
        *to++ = (uint32_t)tl_odd(bytes);
    }
    while (count > 0 || (to - start) % (BLOCK / 2) != 0) {
        uint32_t bytes = 0;
        for (; count > 0; count--)
            bytes = bytes << 8 | (uint8_t)x[count - 1];
        *to++ = (uint32_t)tl_even(bytes);
        *to++ = (uint32_t)tl_odd(bytes);
    }
    return to;
}

static TL_SMALL void exact(const tl_fc_signs *p, const uint32_t *sums, int8_t *y)
{
    const int32_t *row = p->rows, *by = p->finish;
    for (int32_t i = 0; i < p->outputs; i++, row += 2, by += p->per_channel ? 2 : 0)
        y[i] = (int8_t)tl_finish(sums[i] * (uint32_t)row[0] + (uint32_t)row[1], by[0], -by[1], p->output_zero_point, p->low, p->high);
}

void tl_fc_lanes_s8(const tl_fc_signs *p, const int8_t *x, int8_t *y, void *scratch)
{
    uint32_t *sums = scratch, *sums_end = sums + ((p->outputs + ROWS - 1) & -ROWS);
    for (int32_t b = 0; b < p->batches; b++, y += p->outputs) {
        const uint32_t *weights = p->weights;
        for (uint32_t *sum = sums; sum != sums_end;)
            *sum++ = 0;
        for (int32_t left = p->inputs, count; left > 0; left -= count, x += count) {
            count = left < p->pass ? left : p->pass;
            passing j = {weights, sums_end, expand(x, count, sums_end), sums, sums_end};
            weights = tl_lane_sums(&j);
        }
        if (p->exact) {
            exact(p, sums, y);
        } else {
            finishing f = {sums, sums + p->outputs, p->rows, p->finish, y, 2 * p->output_zero_point + 1, p->per_channel};
            tl_finish_lanes(&f);
            tl_clamp_s8(y, p->outputs, p->low, p->high);
        }
    }
}
