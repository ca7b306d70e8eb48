/* Singular value decomposition filters: state [batch][filter][memory] moves on by one, the newest value is a filter's dot product
 * with the input; its dot product with the filter's weights in time is summed over the `rank` filters of an output. */
#ifndef TL_SVDF_H
#define TL_SVDF_H

#include "tl_packed.h"

/* features: [filter][input]; times: [filter][memory], of the state's type; both biases hold the zero points of input and state. */
typedef struct {
    const int8_t *features;
    const void *times;
    int32_t batches, inputs, filters, memory, rank;
    const int32_t *feature_bias, *bias;
    int32_t multiplier, shift, state_zero_point;
    int32_t output_multiplier, output_shift, output_zero_point;
} tl_svdf;
void tl_svdf_s8(const tl_svdf *p, const int8_t *x, int8_t *state, int8_t *y);
void tl_svdf_s16(const tl_svdf *p, const int8_t *x, int16_t *state, int8_t *y);

/* int8 states on the DSP extension. scratch: 4 bytes a filter of whole groups of four, then the lanes of the input. */
typedef struct {
    tl_row_set features;
    tl_scale feature, output;
    const int8_t *times;
    const int32_t *bias;
    int32_t batches, filters, memory, rank, state_zero_point;
} tl_svdf_packed;
void tl_svdf_packed_s8(const tl_svdf_packed *p, const int8_t *x, int8_t *state, int8_t *y, void *scratch);

typedef struct {
    const float *features, *times;
    int32_t batches, inputs, filters, memory, rank;
    const float *bias;
    float low, high;
} tl_svdf_float;
void tl_svdf_f32(const tl_svdf_float *p, const float *x, float *state, float *y);

#endif
