/* Products of matrices with any strides, batch by batch (three batch dimensions; a stride of 0 broadcasts). */
#ifndef TL_BATCH_MATMUL_H
#define TL_BATCH_MATMUL_H

#include <stdint.h>

/* row_a, step_a: elements of a from one row to the next, and along the summed dimension; column_b, step_b likewise.
 * The quantised fields are unused for float32. */
typedef struct {
    int32_t batches[3], batch_a[3], batch_b[3];
    int32_t rows, columns, depth;
    int32_t row_a, step_a, column_b, step_b;
    int32_t zero_point_a, zero_point_b, output_zero_point, multiplier, shift;
} tl_batch_matmul;
/* reach: NULL, or b's columns from *reach on (at most all) hold nothing but the zero point. */
void tl_batch_matmul_s8(const tl_batch_matmul *p, const int8_t *a, const int8_t *b, const int32_t *reach, int8_t *y);
/* scratch: 2 * depth bytes, depth rounded up to a multiple of 4. */
void tl_batch_matmul_short_s8(const tl_batch_matmul *p, const int8_t *a, const int8_t *b, const int32_t *reach, int8_t *y, void *scratch);
void tl_batch_matmul_s16(const tl_batch_matmul *p, const int16_t *a, const int16_t *b, int16_t *y); /* 64-bit sums */
void tl_batch_matmul_f32(const tl_batch_matmul *p, const float *a, const float *b, float *y);

#endif
