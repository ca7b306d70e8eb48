#include "tl_kernels.h"
#include "tl_reciprocal.h"

/* x^(-1/2) as a multiplier and a shift: five Newton steps in Q3.28 (TFLM common.h). */
static int32_t inverse_sqrt(int32_t x, int *shift)
{
    *shift = 0;
    if (x <= 1)
        return INT32_MAX;
    int down = 11;
    for (; x >= 1 << 29; down++)
        x >>= 2;
    int pairs = (tl_leading_zeros((uint32_t)x) - 1) / 2 - 1;
    down -= pairs;
    x <<= 2 * pairs;
    int32_t half = tl_divide_by_pot(x >> 1, 1), guess = 1 << 28;
    for (int i = 0; i < 5; i++) {
        int32_t cube = tl_shift_saturating(tl_high_mul(tl_high_mul(guess, guess), guess), 6);
        guess = tl_shift_saturating(tl_high_mul(guess, (1 << 28) + (1 << 27)) - tl_high_mul(half, cube), 3);
    }
    guess = tl_high_mul(guess, 1518500250); /* sqrt(1/2) */
    if (down < 0)
        return guess * (1 << -down);
    *shift = -down;
    return guess;
}

void tl_l2_normalization_s8(const int8_t *x, int8_t *y, int32_t rows, int32_t depth, int32_t zero_point)
{
    for (int32_t r = 0; r < rows; r++, x += depth, y += depth) {
        int32_t sum = 0;
        int shift;
        for (int32_t i = 0; i < depth; i++)
            sum += (x[i] - zero_point) * (x[i] - zero_point);
        int32_t multiplier = inverse_sqrt(sum, &shift);
        for (int32_t i = 0; i < depth; i++)
            y[i] = (int8_t)tl_clamp(tl_requantize(x[i] - zero_point, multiplier, shift + 7), INT8_MIN, INT8_MAX);
    }
}
