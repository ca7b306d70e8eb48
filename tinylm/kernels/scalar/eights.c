#include "tl_eights.h"
#include "tl_fixed.h"
#include "tl_kernels.h"

enum { GROUP = 8 };

static int32_t arithmetic(uint32_t value, int shift)
{
    return (int32_t)value >> shift;
}

#if !defined(__thumb__) && !defined(__riscv) /* else eights.S */
/* The sums of one group, in the order of their starts, with which it begins. x_end - x: a multiple of 4. */
static void sums_of(const uint8_t *x, const uint8_t *x_end, const uint32_t *group, uint32_t *sums)
{
    static const uint8_t low[] = {6, 2}, all[] = {7, 3}, third[] = {0, 4}, upper[] = {1, 5};
    memcpy(sums, group, GROUP * sizeof *sums);
    for (group += GROUP; x != x_end; x++)
        for (int32_t i = 0; i < 2; i++) {
            uint32_t word = *group++, half = (uint32_t)arithmetic(word, 16);
            sums[low[i]] += (word & 255) * *x;
            sums[all[i]] += word * *x;
            sums[third[i]] += (half & 255) * *x;
            sums[upper[i]] += half * *x;
        }
}

static inline void unmix(uint32_t low, uint32_t all, uint32_t third, uint32_t upper, uint32_t correction, uint32_t *to)
{
    to[0] = low - correction;
    to[1] = (uint32_t)arithmetic(all - (upper << 16) - low - (correction << 8), 8);
    to[2] = third - correction;
    to[3] = (uint32_t)arithmetic(upper - third, 8);
}

void tl_eights(const tl_eights_job *j)
{
    const uint32_t *w = j->rows;
    const int32_t *by = j->finish;
    int8_t *y = j->y;
    uint32_t *plain = j->y;
    for (int32_t left = j->outputs; left > 0; left -= GROUP) {
        uint32_t s[GROUP], rows[GROUP];
        sums_of(j->x, j->x_end, w, s);
        w += GROUP + 2 * (j->x_end - j->x);
        unmix(s[6], s[7], s[0], s[1], j->correction, rows);
        unmix(s[2], s[3], s[4], s[5], j->correction, rows + 4);
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

/* The sums of a group that could not be packed. */
static TL_SMALL void plain_group(const tl_eights_job *j, uint32_t *rows)
{
    const uint32_t *w = j->rows + GROUP;
    memcpy(rows, j->rows, GROUP * sizeof *rows);
    for (const uint8_t *x = j->x; x != j->x_end; x++)
        for (int32_t i = 0; i < GROUP; i += 4) {
            uint32_t word = *w++;
            for (int32_t n = 0; n < 4; n++)
                rows[i + n] += (uint32_t)arithmetic(word << (24 - 8 * n), 24) * *x;
        }
}

static TL_SMALL void exact(const tl_rows *p, tl_eights_job *j, int8_t *y)
{
    uint32_t rows[GROUP];
    const int32_t *by = p->finish;
    j->step = -1;
    j->y = rows;
    j->outputs = GROUP;
    for (int32_t left = p->outputs, group = 0; left > 0; left -= GROUP, group++) {
        if (p->plain && p->plain[group])
            plain_group(j, rows);
        else
            tl_eights(j);
        j->rows += GROUP + 2 * (j->x_end - j->x);
        for (int32_t i = 0; i < GROUP && i < left; i++, by += p->per_channel ? 2 : 0)
            *y++ = (int8_t)tl_finish(rows[i], by[0], -by[1], p->output_zero_point, p->low, p->high);
    }
}

void tl_rows_times(const tl_rows *p, const uint8_t *x, uint32_t sum, int8_t *y)
{
    tl_eights_job j = {x, x + ((p->depth + 3) & ~3), p->rows, y, p->outputs, sum << 7, p->finish, p->per_channel ? 8 : 0,
                       p->output_zero_point, p->low, p->high};
    if (p->exact)
        exact(p, &j, y);
    else
        tl_eights(&j);
}

uint32_t tl_copy_raised(uint8_t *to, const int8_t *x, int32_t count)
{
    uint32_t sum = 0;
    if ((((uintptr_t)to | (uintptr_t)x) & 3) == 0) {
        uint32_t *words = __builtin_assume_aligned(to, 4);
        for (; count >= 4; count -= 4, x += 4, to += 4, words++) {
            uint32_t word;
            memcpy(&word, __builtin_assume_aligned(x, 4), 4);
            word ^= 0x80808080u;
            memcpy(words, &word, 4);
            uint32_t pairs = (word & 0x00ff00ffu) + (word >> 8 & 0x00ff00ffu);
            sum += pairs * 0x00010001u >> 16;
        }
    }
    TL_ROLLED
    for (; count > 0; count--) {
        uint8_t value = (uint8_t)(*x++ + 128);
        *to++ = value;
        sum += value;
    }
    return sum;
}
