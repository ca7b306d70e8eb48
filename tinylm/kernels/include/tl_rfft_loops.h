/* From samples to spectrum; KERNEL: the function's name. */
#include "tl_fft_loops.h"

static void separate(const tl_signal_fft *p, complex_value *y)
{
    const complex_value *separators = p->separators;
    complex_value ends = DIVIDE(y[0], 2);
    y[0].r = ADD(ends.r, ends.i);
    y[p->half].r = SUB(ends.r, ends.i);
    y[0].i = y[p->half].i = 0;
    for (int32_t k = 1; k <= p->half / 2; k++) {
        complex_value *here = y + k, *there = y + p->half - k, mirrored = {there->r, NEG(there->i)};
        complex_value a = DIVIDE(*here, 2), b = DIVIDE(mirrored, 2);
        complex_value even = sum(a, b), odd = times(difference(a, b), separators[k - 1]);
        here->r = HALF_SUM(even.r, odd.r);
        here->i = HALF_SUM(even.i, odd.i);
        there->r = HALF_DIFFERENCE(even.r, odd.r);
        there->i = HALF_DIFFERENCE(odd.i, even.i);
    }
}

void KERNEL(const tl_signal_fft *p, const VALUE *x, VALUE *y)
{
    for (int32_t row = 0; row < p->rows; row++, x += p->length, y += 2 * (p->half + 1)) {
        complex_value *values = (complex_value *)y;
        for (int32_t i = 0; i < p->half; i++) {
            int32_t at = 2 * p->order[i];
            values[i].r = at < p->length ? x[at] : 0;
            values[i].i = at + 1 < p->length ? x[at + 1] : 0;
        }
        transform(p, values, 0);
        separate(p, values);
    }
}
