#include "tl_dsp.h"
#include "tl_kernels.h"

/* A row of a less its zero point as 16-bit lanes, which meet the right-hand side's: elements k, k + 2 and k + 1, k + 3 of every four where
 * b's depth is contiguous (as SXTB16 takes bytes apart), those doubled, else in order. Filled up with zeros. The sum of all. */
static int32_t expand(const tl_batch_matmul *p, const int8_t *a, int16_t *lanes, int apart)
{
    int32_t depth = p->depth, zero = p->zero_point_a, sum = 0, k = 0;
    if (apart && p->step_a == 1) {
        int16x2_t zeros = (int16x2_t)((uint32_t)(zero & 0xffff) * 0x10001u), ones = (int16x2_t)0x10001;
        TL_ROLLED
        for (; k + 4 <= depth; k += 4, a += 4) {
            int16x2_t outer = __ssub16(tl_even(tl_word(a)), zeros), inner = __ssub16(tl_odd(tl_word(a)), zeros);
            sum = __smlad(outer, ones, __smlad(inner, ones, sum));
            outer = __sadd16(outer, outer);
            inner = __sadd16(inner, inner);
            memcpy(lanes + k, &outer, 4);
            memcpy(lanes + k + 2, &inner, 4);
        }
    }
    TL_ROLLED
    for (; k < ((depth + 3) & ~3); k++, a += p->step_a) {
        int32_t value = k < depth ? *a - zero : 0, in_four = k & 3;
        sum += value;
        if (apart)
            lanes[in_four == 1 || in_four == 2 ? k ^ 3 : k] = (int16_t)(2 * value);
        else
            lanes[k] = (int16_t)value;
    }
    return sum;
}

/* Columns of b that are contiguous, their depth no multiple of 4. correction: of doubled sums. */
static void odd_dots(const tl_batch_matmul *p, const int16_t *lanes, const int8_t *b, int32_t columns, int32_t start, int32_t correction,
                     int8_t *y)
{
    int32_t multiplier = p->multiplier, right = -p->shift, depth = p->depth, rest = depth & 3;
    for (int32_t j = 0; j < columns; j++, b += rest) {
        const int16_t *at = lanes;
        int32_t sum = -correction;
        TL_ROLLED
        for (const int8_t *end = b + depth - rest; b != end; b += 4, at += 4)
            sum = __smlad(tl_odd(tl_word(b)), (int16x2_t)tl_word(at + 2), __smlad(tl_even(tl_word(b)), (int16x2_t)tl_word(at), sum));
        if (rest > 0)
            sum += at[0] * b[0];
        if (rest > 1)
            sum += at[2] * b[1];
        if (rest > 2)
            sum += at[1] * b[2];
        y[j] = (int8_t)tl_short(sum, multiplier, start, right);
    }
}

static void dots(const tl_batch_matmul *p, const int16_t *lanes, const int8_t *b, int32_t columns, int32_t start, int32_t correction,
                 int8_t *y)
{
    const uint32_t *words = (const uint32_t *)lanes;
    int32_t depth = p->depth;
    if (depth & 3) {
        odd_dots(p, lanes, b, columns, start, 2 * correction, y);
    } else if (columns) {
        tl_dots of = {words, p->multiplier, start, -p->shift, y, columns, -2 * correction, b, words + depth / 2, depth};
        tl_dot_rows(&of);
    }
}

/* Four neighbouring columns of b at once, two rows of b a step. */
static void combinations(const tl_batch_matmul *p, const int16_t *lanes, const int8_t *b, int32_t columns, int32_t start,
                         int32_t correction, int8_t *y)
{
    int32_t multiplier = p->multiplier, right = -p->shift, depth = p->depth, j = 0;
    for (; j + 4 <= columns; j += 4) {
        const int8_t *at = b + j;
        int32_t sums[4] = {-correction, -correction, -correction, -correction}, k = 0;
        TL_ROLLED
        for (; k + 2 <= depth; k += 2, at += 2 * p->step_b) {
            int16x2_t pair = (int16x2_t)tl_word(lanes + k);
            uint32_t w = tl_word(at), w2 = tl_word(at + p->step_b);
            uint32_t even = (uint32_t)tl_even(w), odd = (uint32_t)tl_odd(w), even2 = (uint32_t)tl_even(w2), odd2 = (uint32_t)tl_odd(w2);
            sums[0] = __smlad((int16x2_t)((even & 0xffff) | even2 << 16), pair, sums[0]);
            sums[1] = __smlad((int16x2_t)((odd & 0xffff) | odd2 << 16), pair, sums[1]);
            sums[2] = __smlad((int16x2_t)(even >> 16 | (even2 & 0xffff0000)), pair, sums[2]);
            sums[3] = __smlad((int16x2_t)(odd >> 16 | (odd2 & 0xffff0000)), pair, sums[3]);
        }
        for (int32_t i = 0; i < 4; i++)
            y[j + i] = (int8_t)tl_short(2 * (sums[i] + (k < depth ? lanes[k] * at[i] : 0)), multiplier, start, right);
    }
    for (; j < columns; j++) {
        int32_t sum = -correction;
        const int8_t *at = b + j;
        TL_ROLLED
        for (int32_t k = 0; k < depth; k++, at += p->step_b)
            sum += lanes[k] * *at;
        y[j] = (int8_t)tl_short(2 * sum, multiplier, start, right);
    }
}

void tl_batch_matmul_short_s8(const tl_batch_matmul *p, const int8_t *a, const int8_t *b, const int32_t *reach, int8_t *y, void *scratch)
{
    int32_t start = (2 * p->output_zero_point + 1) * (1 << (-p->shift - 1)), columns = reach ? *reach : p->columns;
    for (int32_t n = 0; n < p->batches[0] * p->batches[1] * p->batches[2]; n++) {
        int32_t k = n % p->batches[2], rest = n / p->batches[2], j = rest % p->batches[1], i = rest / p->batches[1];
        const int8_t *left = a + i * p->batch_a[0] + j * p->batch_a[1] + k * p->batch_a[2];
        const int8_t *other = b + i * p->batch_b[0] + j * p->batch_b[1] + k * p->batch_b[2];
        for (int32_t row = 0; row < p->rows; row++, left += p->row_a, y += p->columns) {
            int32_t correction = p->zero_point_b * expand(p, left, scratch, p->step_b == 1);
            (p->step_b == 1 ? dots : combinations)(p, scratch, other, columns, start, correction, y);
            memset(y + columns, p->output_zero_point, (size_t)(p->columns - columns));
        }
    }
}
