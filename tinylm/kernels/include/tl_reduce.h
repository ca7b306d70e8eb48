/* Reductions over any set of dimensions, which are merged at build time into two nests of loops. */
#ifndef TL_REDUCE_H
#define TL_REDUCE_H

#include <stdint.h>

#define TL_MAX_NEST 4

/* Loops over elements, outermost first; stride: elements of one step. */
typedef struct {
    int32_t rank, size[TL_MAX_NEST], stride[TL_MAX_NEST];
} tl_nest;

/* Where a nest stands. */
typedef struct {
    int32_t at[TL_MAX_NEST], offset;
} tl_walk;

/* One step of the nest's outer `levels` loops; 0 when they are done. */
static inline int tl_step(const tl_nest *nest, tl_walk *walk, int32_t levels)
{
    for (int32_t d = levels - 1; d >= 0; d--) {
        walk->offset += nest->stride[d];
        if (++walk->at[d] < nest->size[d])
            return 1;
        walk->offset -= nest->stride[d] * nest->size[d];
        walk->at[d] = 0;
    }
    return 0;
}

typedef struct {
    tl_nest kept, reduced;
} tl_reduce;
void tl_reduce_max_s8(const tl_reduce *p, const int8_t *x, int8_t *y);
void tl_reduce_min_s8(const tl_reduce *p, const int8_t *x, int8_t *y);
void tl_reduce_max_f32(const tl_reduce *p, const float *x, float *y);
void tl_reduce_min_f32(const tl_reduce *p, const float *x, float *y);
void tl_reduce_sum_f32(const tl_reduce *p, const float *x, float *y);
void tl_reduce_mean_f32(const tl_reduce *p, const float *x, float *y);
void tl_reduce_all_bool(const tl_reduce *p, const uint8_t *x, uint8_t *y);
void tl_reduce_any_bool(const tl_reduce *p, const uint8_t *x, uint8_t *y);

/* y = requantize(sum of x + offset) + output_zero_point: sums, and means where the multiplier holds the division. */
typedef struct {
    tl_nest kept, reduced;
    int32_t multiplier, shift, output_zero_point, offset;
} tl_reduce_sum;
void tl_reduce_sum_s8(const tl_reduce_sum *p, const int8_t *x, int8_t *y);
void tl_reduce_sum_s16(const tl_reduce_sum *p, const int16_t *x, int16_t *y);

#endif
