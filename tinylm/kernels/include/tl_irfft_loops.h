/* From spectrum to samples; KERNEL: the function's name. */
#include "tl_fft_loops.h"

/* Each packed value goes where the transform wants it. */
static void pack(const tl_signal_fft *p, const complex_value *x, complex_value *y)
{
    const complex_value *separators = p->separators;
    complex_value ends = {ADD(x[0].r, x[p->half].r), SUB(x[0].r, x[p->half].r)};
    y[0] = DIVIDE(ends, 2);
    for (int32_t k = 1; k <= p->half / 2; k++) {
        complex_value mirrored = {x[p->half - k].r, NEG(x[p->half - k].i)};
        complex_value a = DIVIDE(x[k], 2), b = DIVIDE(mirrored, 2);
        complex_value even = sum(a, b), odd = times(difference(a, b), separators[k - 1]), apart = difference(even, odd);
        apart.i = NEG(apart.i);
        y[p->order[k]] = sum(even, odd);
        y[p->order[p->half - k]] = apart;
    }
}

void KERNEL(const tl_signal_fft *p, const VALUE *x, VALUE *y)
{
    for (int32_t row = 0; row < p->rows; row++, x += p->length, y += 2 * p->half) {
        pack(p, (const complex_value *)x, (complex_value *)y);
        transform(p, (complex_value *)y, 1);
#ifndef BITS
        for (int32_t i = 0; i < 2 * p->half; i++)
            y[i] /= (float)(2 * p->half);
#endif
    }
}
