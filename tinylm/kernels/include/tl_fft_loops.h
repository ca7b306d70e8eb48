/* Transforms of real signals by a complex one of half the length, radices 4 and 2 (compiler/fft.py). VALUE: the type; for fixed point
 * BITS behind the point and WIDE, the type of a product. What overflows wraps. Each transform runs in its output. */
#include "tl_kernels.h"

typedef struct {
    VALUE r, i;
} complex_value;

#ifdef BITS
#define ADD(a, b) ((VALUE)((uint32_t)(a) + (uint32_t)(b)))
#define SUB(a, b) ((VALUE)((uint32_t)(a) - (uint32_t)(b)))
#define NEG(a) SUB(0, a)
#define HALF_SUM(a, b) ((VALUE)((int32_t)((uint32_t)(a) + (uint32_t)(b)) >> 1))
#define HALF_DIFFERENCE(a, b) ((VALUE)((int32_t)((uint32_t)(a) - (uint32_t)(b)) >> 1))
#define ROUND(x) ((VALUE)(((x) + ((WIDE)1 << (BITS - 1))) >> BITS))
#define DIVIDE(a, by) divided(a, (VALUE)((((WIDE)1 << BITS) - 1) / (by)))

static inline complex_value divided(complex_value a, VALUE factor)
{
    complex_value y = {ROUND((WIDE)a.r * factor), ROUND((WIDE)a.i * factor)};
    return y;
}
#else
#define WIDE VALUE
#define ADD(a, b) ((a) + (b))
#define SUB(a, b) ((a) - (b))
#define NEG(a) (-(a))
#define HALF_SUM(a, b) (((a) + (b)) * 0.5f)
#define HALF_DIFFERENCE(a, b) (((a) - (b)) * 0.5f)
#define ROUND(x) (x)
#define DIVIDE(a, by) (a)
#endif

static inline complex_value times(complex_value a, complex_value b)
{
    complex_value y = {ROUND((WIDE)a.r * b.r - (WIDE)a.i * b.i), ROUND((WIDE)a.r * b.i + (WIDE)a.i * b.r)};
    return y;
}

static inline complex_value sum(complex_value a, complex_value b)
{
    complex_value y = {ADD(a.r, b.r), ADD(a.i, b.i)};
    return y;
}

static inline complex_value difference(complex_value a, complex_value b)
{
    complex_value y = {SUB(a.r, b.r), SUB(a.i, b.i)};
    return y;
}

static void pass2(complex_value *y, const complex_value *twiddle, int32_t m, int32_t stride)
{
    for (int32_t k = 0; k < m; k++, y++, twiddle += stride) {
        complex_value a = DIVIDE(y[0], 2), b = times(DIVIDE(y[m], 2), *twiddle);
        y[m] = difference(a, b);
        y[0] = sum(a, b);
    }
}

/* second, fourth: where the outputs of a quarter turn to the right and to the left go. */
static void pass4(complex_value *y, const complex_value *twiddles, int32_t m, int32_t stride, int32_t second, int32_t fourth)
{
    for (int32_t k = 0, at = 0; k < m; k++, y++, at += stride) {
        complex_value a = DIVIDE(y[0], 4), b = times(DIVIDE(y[m], 4), twiddles[at]);
        complex_value c = times(DIVIDE(y[2 * m], 4), twiddles[2 * at]), d = times(DIVIDE(y[3 * m], 4), twiddles[3 * at]);
        complex_value beside = difference(a, c), first = sum(a, c), odd = sum(b, d), cross = difference(b, d);
        y[2 * m] = difference(first, odd);
        y[0] = sum(first, odd);
        y[second].r = ADD(beside.r, cross.i);
        y[second].i = SUB(beside.i, cross.r);
        y[fourth].r = SUB(beside.r, cross.i);
        y[fourth].i = ADD(beside.i, cross.r);
    }
}

static void transform(const tl_signal_fft *p, complex_value *y, int inverse)
{
    int32_t m = 1, fours = p->half;
    while (fours % 4 == 0)
        fours /= 4;
    if (fours == 2) {
        m = 2;
        for (int32_t i = 0; i < p->half; i += 2)
            pass2(y + i, p->twiddles, 1, 0);
    }
    for (; m < p->half; m *= 4) {
        int32_t second = inverse ? 3 * m : m, fourth = inverse ? m : 3 * m;
        for (int32_t i = 0; i < p->half; i += 4 * m)
            pass4(y + i, p->twiddles, m, p->half / (4 * m), second, fourth);
    }
}
