#include "tl_eights.h"
#include "tl_fixed.h"
#include "tl_kernels.h"

enum { GROUP = 8, BLOCK = 16 };

void tl_nibbles(const tl_eights_job *j);

#ifndef __thumb__ /* else nibbles.S */
/* The sums of one group; returns the next. */
static const uint32_t *sums_of(const tl_eights_job *j, const uint32_t *w, uint32_t *rows)
{
    uint32_t lower0 = 0, lower1 = 0, lower2 = 0, lower3 = 0, upper0 = 0, upper1 = 0, upper2 = 0, upper3 = 0;
    for (const uint8_t *x = j->x; x != j->x_end;) {
        uint32_t a = 0, b = 0, c = 0, d = 0;
        for (const uint8_t *end = x + BLOCK; x != end; x += 2, w += 2) {
            a += (w[0] & 0x000f000fu) * x[0] + (w[1] & 0x000f000fu) * x[1];
            b += (w[0] >> 4 & 0x000f000fu) * x[0] + (w[1] >> 4 & 0x000f000fu) * x[1];
            c += (w[0] >> 8 & 0x000f000fu) * x[0] + (w[1] >> 8 & 0x000f000fu) * x[1];
            d += (w[0] >> 12 & 0x000f000fu) * x[0] + (w[1] >> 12 & 0x000f000fu) * x[1];
        }
        lower0 += a & 0xffff, upper0 += a >> 16;
        lower1 += b & 0xffff, upper1 += b >> 16;
        lower2 += c & 0xffff, upper2 += c >> 16;
        lower3 += d & 0xffff, upper3 += d >> 16;
    }
    const uint32_t found[GROUP] = {lower0, upper0, lower1, upper1, lower2, upper2, lower3, upper3};
    for (int32_t i = 0; i < GROUP; i++)
        rows[i] = found[i] - j->correction + *w++;
    return w;
}

void tl_nibbles(const tl_eights_job *j)
{
    const uint32_t *w = j->rows;
    const int32_t *by = j->finish;
    int8_t *y = j->y;
    uint32_t *plain = j->y;
    for (int32_t left = j->outputs; left > 0; left -= GROUP) {
        uint32_t rows[GROUP];
        w = sums_of(j, w, rows);
        if (j->step < 0) {
            memcpy(plain, rows, sizeof rows);
            plain += GROUP;
            continue;
        }
        for (int32_t i = 0; i < GROUP && i < left; i++, by += j->step / 4)
            *y++ = tl_finish_short(rows[i], by, j->zero_point, j->low, j->high);
    }
}
#endif

static void exact(const tl_rows *p, tl_eights_job *j, int8_t *y)
{
    uint32_t rows[GROUP];
    const int32_t *by = p->finish;
    j->step = -1;
    j->y = rows;
    j->outputs = GROUP;
    for (int32_t left = p->outputs; left > 0; left -= GROUP) {
        tl_nibbles(j);
        j->rows += GROUP + (j->x_end - j->x);
        for (int32_t i = 0; i < GROUP && i < left; i++, by += p->per_channel ? 2 : 0)
            *y++ = (int8_t)tl_finish(rows[i], by[0], -by[1], p->output_zero_point, p->low, p->high);
    }
}

void tl_fc_nibbles_s8(const tl_fc_eights *fc, const int8_t *x, int8_t *y, void *scratch)
{
    const tl_rows *p = &fc->rows;
    uint8_t *raised = scratch;
    int32_t padded = (p->depth + BLOCK - 1) & -BLOCK;
    memset(raised + p->depth, 0, (size_t)(padded - p->depth));
    for (int32_t b = 0; b < fc->batches; b++, x += p->depth, y += p->outputs) {
        uint32_t sum = tl_copy_raised(raised, x, p->depth);
        tl_eights_job j = {raised, raised + padded, p->rows, y, p->outputs, 8 * sum, p->finish, p->per_channel ? 8 : 0,
                           p->output_zero_point, p->low, p->high};
        if (p->exact)
            exact(p, &j, y);
        else
            tl_nibbles(&j);
    }
}
