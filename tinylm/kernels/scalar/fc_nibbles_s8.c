#include "tl_eights.h"
#include "tl_fixed.h"
#include "tl_kernels.h"

enum { GROUP = 8 };

/* nibbles.S; x: as `expand` leaves it, correction: bytes of a block of x without its last word */
void tl_nibbles(const tl_eights_job *j);

#if !defined(__thumb__) && !defined(__riscv)
/* What the low half of a word says as a signed number. */
static int32_t low_half(uint32_t word)
{
    return (int16_t)(uint16_t)word;
}

static const uint32_t *sums_of(const tl_eights_job *j, const uint32_t *w, uint32_t *rows)
{
    memcpy(rows, w, GROUP * sizeof *rows);
    w += GROUP;
    for (const int32_t *x = (const void *)j->x, *end; x != (const void *)j->x_end; x++) {
        uint32_t pairs[GROUP / 2] = {0};
        for (end = x + j->correction / 4; x != end; x++, w++)
            for (int i = 0; i < GROUP / 2; i++)
                pairs[i] += (*w >> 4 * i & 0x000f000fu) * (uint32_t)*x;
        for (int i = 0; i < GROUP / 2; i++) {
            uint32_t both = pairs[i] - (uint32_t)*x * 0x00010001u;
            rows[2 * i] += (uint32_t)low_half(both);
            rows[2 * i + 1] += (uint32_t)low_half((both - (uint32_t)low_half(both)) >> 16);
        }
    }
    return w;
}

void tl_nibbles(const tl_eights_job *j)
{
    const uint32_t *w = j->rows;
    const int32_t *by = j->finish;
    int8_t *y = j->y;
    for (int32_t left = j->outputs; left > 0; left -= GROUP) {
        uint32_t rows[GROUP];
        w = sums_of(j, w, rows);
        if (j->step < 0) {
            memcpy(j->y, rows, sizeof rows);
            continue;
        }
        for (int32_t i = 0; i < GROUP && i < left; i++, by += j->step / 4)
            *y++ = tl_finish_short(rows[i], by, j->zero_point, j->low, j->high);
    }
}
#endif

static void exact(const tl_rows *p, tl_eights_job *j, int32_t depth, int8_t *y)
{
    uint32_t rows[GROUP];
    const int32_t *by = p->finish;
    j->step = -1;
    j->y = rows;
    j->outputs = GROUP;
    for (int32_t left = p->outputs; left > 0; left -= GROUP) {
        tl_nibbles(j);
        j->rows += GROUP + depth;
        for (int32_t i = 0; i < GROUP && i < left; i++, by += p->per_channel ? 2 : 0)
            *y++ = (int8_t)tl_finish(rows[i], by[0], -by[1], p->output_zero_point, p->low, p->high);
    }
}

/* Activations as words, zeros up to whole blocks, behind each block 8 times its sum. */
static void expand(const int8_t *x, int32_t count, int32_t block, int32_t *to)
{
    while (count > 0) {
        int32_t sum = 0, *end = to + block;
        int32_t *last = count < block ? to + count : end;
        count -= block;
        while (to != last)
            sum += *to++ = *x++;
        while (to != end)
            *to++ = 0;
        *to++ = 8 * sum;
    }
}

void tl_fc_nibbles_s8(const tl_fc_nibbles *fc, const int8_t *x, int8_t *y, void *scratch)
{
    const tl_rows *p = &fc->rows;
    for (int32_t b = 0; b < fc->batches; b++, x += p->depth, y += p->outputs) {
        int32_t blocks = (p->depth + fc->block - 1) / fc->block, *end = (int32_t *)scratch + blocks * (fc->block + 1);
        if (!fc->ready)
            expand(x, p->depth, fc->block, scratch);
        tl_eights_job j = {scratch, (const uint8_t *)end, p->rows, y, p->outputs, 4 * (uint32_t)fc->block, p->finish,
                           p->per_channel ? 8 : 0, p->output_zero_point, p->low, p->high};
        if (p->exact)
            exact(p, &j, blocks * fc->block, y);
        else
            tl_nibbles(&j);
    }
}
