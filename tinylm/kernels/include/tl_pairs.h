/* int8 ADD, SUB and MUL of tensors of one shape, in short arithmetic that is proved at build time (compiler/packing/linear.py).
 * pairs.S and sums.S know the order of the fields. count >= 1; y may be a or b. All arithmetic is modulo 2^32. */
#ifndef TL_PAIRS_H
#define TL_PAIRS_H

#include <stdint.h>

/* y = clamp((a * by1 + b * by2 + start) >> shift) */
typedef struct {
    int32_t count, start, low, high, by1, by2, shift;
} tl_sum_pairs;
void tl_sum_pairs_s8(const tl_sum_pairs *p, const int8_t *a, const int8_t *b, int8_t *y);

/* v = (a - zero1) * (b - zero2); v = (v * upper + (v * lower >> 15) + 2^14) >> 15; y = clamp((v + start - (v < 0)) >> shift) */
typedef struct {
    int32_t count, start, low, high, zero1, zero2, upper, lower, shift;
} tl_product_pairs;
void tl_product_pairs_s8(const tl_product_pairs *p, const int8_t *a, const int8_t *b, int8_t *y);

#endif
