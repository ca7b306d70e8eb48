#include "tl_dsp.h"
#include "tl_fixed.h"
#include "tl_kernels.h"

/* What b's value adds to a sum, doubled. */
static inline int32_t term(const tl_add_short *p, int32_t v)
{
    return 2 * p->sign2 * tl_divide_by_pot(tl_high_mul((v - p->zero_point2) * (1 << 20), p->multiplier2), p->right2);
}

/* Without a table, which pays for itself only where there are more values than it has entries. */
void tl_add_few_s8(const tl_add_short *p, const int8_t *a, const int8_t *b, int8_t *y)
{
    int32_t zero = p->sign1 * p->zero_point1 * (1 << 20), unit = p->sign1 * (1 << 20);
    TL_ROLLED
    for (int32_t i = 0; i < p->count; i++)
        y[i] = (int8_t)tl_short(term(p, b[i]) - zero + unit * a[i], p->multiplier, p->start, p->right);
    tl_clamp_s8(y, p->count, p->low, p->high);
}

void tl_add_short_s8(const tl_add_short *p, const int8_t *a, const int8_t *b, int8_t *y, void *scratch)
{
    int32_t *terms = scratch, zero = p->sign1 * p->zero_point1 * (1 << 20);
    TL_ROLLED
    for (int32_t v = -128; v < 128; v++)
        terms[(uint8_t)v] = term(p, v) - zero;
    int32_t multiplier = p->multiplier, start = p->start, right = p->right;
    int32_t unit = p->sign1 * (1 << 20), i = 0;
    TL_ROLLED
    for (; i + 4 <= p->count; i += 4) {
        uint32_t a4 = tl_word(a + i), b4 = tl_word(b + i);
        y[i] = (int8_t)tl_short(terms[b4 & 255] + unit * (int8_t)a4, multiplier, start, right);
        y[i + 1] = (int8_t)tl_short(terms[b4 >> 8 & 255] + unit * (int8_t)(a4 >> 8), multiplier, start, right);
        y[i + 2] = (int8_t)tl_short(terms[b4 >> 16 & 255] + unit * (int8_t)(a4 >> 16), multiplier, start, right);
        y[i + 3] = (int8_t)tl_short(terms[b4 >> 24] + unit * (int8_t)(a4 >> 24), multiplier, start, right);
    }
    TL_ROLLED
    for (; i < p->count; i++)
        y[i] = (int8_t)tl_short(terms[(uint8_t)b[i]] + unit * a[i], multiplier, start, right);
    tl_clamp_s8(y, p->count, p->low, p->high);
}
