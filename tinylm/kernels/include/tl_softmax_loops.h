/* The loops of softmax on int8, instantiated for the output type Y and its smallest and largest value, LOW and HIGH. */
#include "tl_reciprocal.h"

void KERNEL(const int32_t *exps, const int8_t *x, Y *y, int32_t rows, int32_t depth)
{
    for (int32_t r = 0; r < rows; r++, x += depth, y += depth) {
        int32_t most = x[0], sum = 0; /* sum: Q12.19 */
        for (int32_t i = 1; i < depth; i++)
            most = x[i] > most ? x[i] : most;
        for (int32_t i = 0; i < depth; i++)
            sum += tl_divide_by_pot(exps[most - x[i]], 12);
        int zeros = tl_leading_zeros((uint32_t)sum);
        int32_t scale = tl_reciprocal((int32_t)(((uint32_t)sum << zeros) - 0x80000000u));
        int exponent = 12 - zeros + 31 - 8 * (int)sizeof(Y);
        if (exponent > 31) { /* 512 equal values or more: each has less than half a step (TFLM's assertion fails) */
            scale = 0;
            exponent = 31;
        }
        for (int32_t i = 0; i < depth; i++) {
            int32_t value = tl_divide_by_pot(tl_high_mul(scale, exps[most - x[i]]), exponent) + LOW;
            y[i] = (Y)(value > HIGH ? HIGH : value);
        }
    }
}
