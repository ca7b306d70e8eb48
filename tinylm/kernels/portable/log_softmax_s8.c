#include "tl_kernels.h"
#include "tl_reciprocal.h"

enum { SQRT_HALF = 1518500250, FOURTH_ROOT_HALF = 1805811301 }; /* Q0.31 */

/* log(x), x >= 1 in Q12.19; the result in Q5.26 (TFLM common.h: a Pade form around the fourth root of 2). */
static int32_t log_of(int32_t x)
{
    int zeros = tl_leading_zeros((uint32_t)x);
    int room = tl_leading_zeros((uint32_t)tl_high_mul(x, SQRT_HALF)) - 1;
    int32_t near = tl_shift_saturating(tl_high_mul(tl_shift_saturating(x, zeros - 1), SQRT_HALF), 1);
    int32_t far = tl_shift_saturating(x, room);
    int32_t power = (12 - zeros) * (1 << 25) + (1 << 23), other = (12 - room) * (1 << 25) - (1 << 23);
    int32_t r = near < far ? near : far;
    int32_t p = (int32_t)(((uint32_t)r + FOURTH_ROOT_HALF + 1) >> 1), q = 2 * (r - FOURTH_ROOT_HALF);
    int32_t square = tl_high_mul(q, q);
    int32_t numerator = tl_high_mul(q, r) + tl_high_mul(tl_high_mul(q, square), 117049297);
    int32_t denominator = tl_high_mul(p, 1057819769 + q + tl_high_mul(127690142, square)) + tl_high_mul(638450708, q);
    int32_t fraction = tl_high_mul(tl_divide_by_pot(numerator, 6), tl_reciprocal(denominator));
    return tl_shift_saturating(tl_high_mul(power > other ? power : other, 1488522236) + fraction, 1);
}

void tl_log_softmax_s8(const tl_log_softmax *p, const int8_t *x, int8_t *y)
{
    for (int32_t r = 0; r < p->rows; r++, x += p->depth, y += p->depth) {
        int32_t most = x[0], sum = 0;
        for (int32_t i = 1; i < p->depth; i++)
            most = x[i] > most ? x[i] : most;
        for (int32_t i = 0; i < p->depth; i++)
            sum += p->exps[most - x[i]];
        int32_t log = log_of(sum);
        int32_t least = tl_requantize((int32_t)((uint32_t)log + 0x80000000u), p->reverse, p->reverse_shift);
        if (least < p->least)
            least = p->least;
        for (int32_t i = 0; i < p->depth; i++) {
            int32_t value = tl_divide_by_pot(p->diffs[most - x[i]] - log, 22) + 127;
            y[i] = (int8_t)(x[i] - most > least ? tl_clamp(value, INT8_MIN, INT8_MAX) : INT8_MIN);
        }
    }
}
