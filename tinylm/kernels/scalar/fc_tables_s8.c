#include "tl_eights.h"
#include "tl_fixed.h"
#include "tl_kernels.h"

enum { ROWS = 8, UNROLL = 2, TERNARY = 4, TERNARY_WORDS = 45, BINARY = 7, BINARY_WORDS = 64 };

/* The rows' sums, moved on by one pass. indices: eight a table and group of rows; returns what follows them. tables.S knows the order. */
typedef struct {
    const uint8_t *indices;
    const uint32_t *tables, *tables_end;
    uint32_t *sums, *sums_end;
    int32_t step; /* bytes of a table */
} lookups;
const uint8_t *tl_table_sums(const lookups *j);

/* Sums times factors plus biases -> outputs. */
typedef struct {
    const uint32_t *sums, *sums_end;
    const int32_t *rows, *finish;
    int8_t *y;
    int32_t step; /* bytes from one row's finish to the next */
    int32_t zero_point, low, high;
} finishing;
void tl_finish_signs(const finishing *j);

#if !defined(__thumb__) && !defined(__riscv)
const uint8_t *tl_table_sums(const lookups *j)
{
    const uint8_t *index = j->indices;
    for (uint32_t *sum = j->sums; sum != j->sums_end; sum += ROWS)
        for (const uint32_t *table = j->tables; table != j->tables_end; table += j->step / 4)
            for (int32_t i = 0; i < ROWS; i++) {
                uint16_t found;
                memcpy(&found, (const uint8_t *)table + *index++, 2);
                sum[i] += found;
            }
    return index;
}
#endif
#ifndef __thumb__
void tl_finish_signs(const finishing *j)
{
    const int32_t *row = j->rows, *by = j->finish;
    int8_t *y = j->y;
    for (const uint32_t *sum = j->sums; sum != j->sums_end; sum++, row += 2, by += j->step / 4)
        *y++ = tl_finish_short(*sum * (uint32_t)row[0] + (uint32_t)row[1], by, j->zero_point, j->low, j->high);
}
#endif

static inline uint32_t two(int32_t low, int32_t high)
{
    return (uint32_t)low | (uint32_t)high << 16;
}

/* words words, each moved by v in both halves (none of which falls below 0) */
static inline void shifted(const uint32_t *from, uint32_t *to, int32_t words, int32_t v)
{
    uint32_t both = (uint32_t)v * 0x00010001u;
    for (int32_t i = 0; i < words; i++)
        to[i] = from[i] + both;
}

static void ternary_table(const int8_t *x, uint32_t *t)
{
    int32_t none = TERNARY * 128, a = x[0], b = x[1];
    t[0] = two(none, none + a);
    t[1] = two(none - a, none + b);
    t[2] = two(none + a + b, none - a + b);
    t[3] = two(none - b, none + a - b);
    t[4] = two(none - a - b, none);
    shifted(t, t + 5, 5, x[2]);
    shifted(t, t + 10, 5, -x[2]);
    shifted(t, t + 15, 15, x[3]);
    shifted(t, t + 30, 15, -x[3]);
}

static void binary_table(const int8_t *x, uint32_t *t)
{
    int32_t least = BINARY * 128 - x[0] - x[1] - x[2] - x[3] - x[4] - x[5] - x[6];
    t[0] = two(least, least + 2 * x[0]);
    shifted(t, t + 1, 1, 2 * x[1]);
    shifted(t, t + 2, 2, 2 * x[2]);
    shifted(t, t + 4, 4, 2 * x[3]);
    shifted(t, t + 8, 8, 2 * x[4]);
    shifted(t, t + 16, 16, 2 * x[5]);
    shifted(t, t + 32, 32, 2 * x[6]);
}

/* Tables of the next `count` inputs, and of zeros up to an even number of them; returns their end. */
static uint32_t *make(int32_t ternary, const int8_t *x, int32_t count, uint32_t *t)
{
    uint32_t *start = t;
    int32_t group = ternary ? TERNARY : BINARY, words = ternary ? TERNARY_WORDS : BINARY_WORDS;
    int8_t last[8];
    for (; count > 0 || (t - start) % (UNROLL * words) != 0; count -= group, x += group, t += words) {
        if (count < group) {
            memset(last, 0, sizeof last);
            for (int32_t i = 0; i < count; i++)
                last[i] = x[i];
        }
        const int8_t *from = count < group ? last : x;
        if (ternary)
            ternary_table(from, t);
        else
            binary_table(from, t);
    }
    return t;
}

static void exact(const tl_fc_signs *p, const uint32_t *sums, int8_t *y)
{
    const int32_t *row = p->rows, *by = p->finish;
    for (int32_t i = 0; i < p->outputs; i++, row += 2, by += p->per_channel ? 2 : 0)
        y[i] = (int8_t)tl_finish(sums[i] * (uint32_t)row[0] + (uint32_t)row[1], by[0], -by[1], p->output_zero_point, p->low, p->high);
}

void tl_fc_tables_s8(const tl_fc_signs *p, const int8_t *x, int8_t *y, void *scratch)
{
    uint32_t *sums = scratch, *sums_end = sums + ((p->outputs + ROWS - 1) & -ROWS);
    int32_t most = p->pass * (p->ternary ? TERNARY : BINARY), step = 4 * (p->ternary ? TERNARY_WORDS : BINARY_WORDS);
    for (int32_t b = 0; b < p->batches; b++, y += p->outputs) {
        const uint8_t *indices = p->weights;
        memset(sums, 0, (size_t)((uint8_t *)sums_end - (uint8_t *)sums));
        for (int32_t left = p->inputs, count; left > 0; left -= count, x += count) {
            count = left < most ? left : most;
            lookups j = {indices, sums_end, make(p->ternary, x, count, sums_end), sums, sums_end, step};
            indices = tl_table_sums(&j);
        }
        finishing f = {sums, sums + p->outputs, p->rows, p->finish, y, p->per_channel ? 8 : 0, p->output_zero_point, p->low, p->high};
        if (p->exact)
            exact(p, sums, y);
        else
            tl_finish_signs(&f);
    }
}
