/* Pools. */
#ifndef TL_POOL_H
#define TL_POOL_H

#include "tl_window.h"

/* The mean (rounded half away from zero) or the largest of what each window finds on the input, clamped to low .. high. */
typedef struct {
    tl_window window;
    int32_t low, high;
} tl_pool;
void tl_average_pool_s8(const tl_pool *p, const int8_t *x, int8_t *y);
void tl_average_pool_s16(const tl_pool *p, const int16_t *x, int16_t *y);
void tl_max_pool_s8(const tl_pool *p, const int8_t *x, int8_t *y);
void tl_max_pool_s16(const tl_pool *p, const int16_t *x, int16_t *y);

typedef struct {
    tl_window window;
    float low, high;
} tl_pool_float;
void tl_average_pool_f32(const tl_pool_float *p, const float *x, float *y);
void tl_l2_pool_f32(const tl_pool_float *p, const float *x, float *y); /* square root of the mean square */
void tl_max_pool_f32(const tl_pool_float *p, const float *x, float *y);

#endif
