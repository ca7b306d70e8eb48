/* The kernels that generated code calls. Each is one file; only those in use are compiled in.
 *
 * The arena's planner lets the output of a convolution or pooling overlap the input that it reads (compiler/placement.py). So a
 * convolution writes its output in order, at most 4 pixels ahead of the oldest pixel whose input it has still to read. In a depthwise
 * convolution (of multiplier 1) and a pooling each channel may run for itself, but writes a row of its output only when it has read
 * all that the rows before need; the planner keeps whole pixels between input and output, so that channels never meet. */
#ifndef TL_KERNELS_H
#define TL_KERNELS_H

#include "tl_loops.h"

#include "tl_attention.h"
#include "tl_batch_matmul.h"
#include "tl_conv.h"
#include "tl_eights.h"
#include "tl_leaky.h"
#include "tl_lstm.h"
#include "tl_packed.h"
#include "tl_pairs.h"
#include "tl_pool.h"
#include "tl_reduce.h"
#include "tl_signal.h"
#include "tl_signs.h"
#include "tl_softmax.h"
#include "tl_svdf.h"
#include "tl_taps.h"
#include "tl_transpose_conv.h"
#include "tl_vector.h"

#include "tl_moving.h"
#include "tl_binary.h"
#include "tl_unary.h"
#include "tl_types.h"

/* Fully connected, int8: y[b][n] = requantize(bias[n] + sum_k weights[n][k] * x[b][k]).
 * The input's zero point is folded into bias. per_channel: 1 = a multiplier and shift a row, 0 = one for all. */
typedef struct {
    const void *weights;
    const int32_t *bias;
    const int32_t *multiplier;
    const int8_t *shift;
    int32_t per_channel;
    int32_t batches, inputs, outputs;
    int32_t output_zero_point, low, high;
    int32_t weights_zero_point; /* not 0: fc_s8_offset, fc_s4, fc_s16_sum32 */
} tl_fc;
void tl_fc_s8(const tl_fc *p, const int8_t *x, int8_t *y);
void tl_fc_s8_offset(const tl_fc *p, const int8_t *x, int8_t *y); /* weights with a zero point */
void tl_fc_s4(const tl_fc *p, const int8_t *x, int8_t *y); /* weights packed two to a byte, rows from a whole byte on; with a zero point */
void tl_fc_s16_sum32(const tl_fc *p, const int16_t *x, int16_t *y);

/* Fully connected with 64-bit sums, int16; and in float32. */
typedef struct {
    const int8_t *weights;
    const int64_t *bias;
    const int32_t *multiplier;
    const int8_t *shift;
    int32_t per_channel;
    int32_t batches, inputs, outputs;
    int32_t low, high;
    int32_t weights_zero_point;
} tl_fc_wide;
void tl_fc_s16(const tl_fc_wide *p, const int16_t *x, int16_t *y);

typedef struct {
    const float *weights, *bias;
    int32_t batches, inputs, outputs;
    float low, high;
} tl_fc_float;
void tl_fc_f32(const tl_fc_float *p, const float *x, float *y);

/* Sum or difference (sign = 1 or -1) of two int8 tensors with broadcasting. */
typedef struct {
    tl_loops loops;
    int32_t zero_point1, zero_point2, output_zero_point;
    int32_t multiplier1, multiplier2, output_multiplier;
    int32_t shift1, shift2, output_shift;
    int32_t left_shift, sign, low, high;
} tl_add;
void tl_add_s8(const tl_add *p, const int8_t *a, const int8_t *b, int8_t *y);
void tl_add_s16(const tl_add *p, const int16_t *a, const int16_t *b, int16_t *y);
/* Their squared difference; sign is not used. */
void tl_squared_difference_s8(const tl_add *p, const int8_t *a, const int8_t *b, int8_t *y);
void tl_squared_difference_s16(const tl_add *p, const int16_t *a, const int16_t *b, int16_t *y);

/* Product of two int8 tensors with broadcasting. */
typedef struct {
    tl_loops loops;
    int32_t zero_point1, zero_point2, output_zero_point;
    int32_t multiplier, shift, low, high;
} tl_mul;
void tl_mul_s8(const tl_mul *p, const int8_t *a, const int8_t *b, int8_t *y);
void tl_mul_s16(const tl_mul *p, const int16_t *a, const int16_t *b, int16_t *y);

/* y[i] = table[x[i]], the table indexed by the int8 value's bit pattern. */
void tl_lookup_s8(const int8_t *table, const int8_t *x, int8_t *y, int32_t count);

/* y[i] = table[a[i] + b[i]], or - b[i]; the table points to the entry of 0. */
void tl_sum_table_s8(const void *table, const int8_t *a, const int8_t *b, int8_t *y, int32_t count);
void tl_difference_table_s8(const void *table, const int8_t *a, const int8_t *b, int8_t *y, int32_t count);

/* Rows of a table by int32 index, clamped to the rows that exist: x is [batches][outer][rows][inner bytes], index [batches][indices]. */
typedef struct {
    int32_t batches, outer, rows, inner, indices;
} tl_gather;
void tl_gather_rows(const tl_gather *p, const void *x, const int32_t *index, void *y);

/* count runs of `bytes` bytes each: from source (step source_step) to target (step target_step). */
void tl_copy_runs(const void *source, int32_t source_step, void *target, int32_t target_step, int32_t bytes, int32_t count);

#endif
