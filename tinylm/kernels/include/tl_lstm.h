/* Long short-term memory over a sequence; hidden and cell state [batch][unit] carry on from one call to the next. */
#ifndef TL_LSTM_H
#define TL_LSTM_H

#include "tl_packed.h"

/* One matrix of a gate: weights [unit][source]; bias: int32, int64 for int16 activations, with the source's zero point folded in. */
typedef struct {
    const int8_t *weights;
    const void *bias;
    int32_t multiplier, shift;
} tl_lstm_part;

typedef struct {
    tl_lstm_part input_gate_input, input_gate_recurrent, forget_gate_input, forget_gate_recurrent;
    tl_lstm_part cell_gate_input, cell_gate_recurrent, output_gate_input, output_gate_recurrent;
    const uint16_t *sigmoid; /* 256 entries */
    int32_t batches, steps, inputs, units;
    int32_t step_stride, batch_stride;  /* rows of the input and of the output from one step, one batch to the next */
    int32_t tanh_multiplier, tanh_shift; /* cell state to 1/12288 */
    int32_t clip;                        /* the cell state's limit; -1: none */
    int32_t forget, forget_shift, entry, entry_shift, leave, leave_shift;
    int32_t hidden_zero_point;
} tl_lstm;
void tl_lstm_s8(const tl_lstm *p, const int8_t *x, int8_t *hidden, int16_t *cell, int8_t *y);
void tl_lstm_s16(const tl_lstm *p, const int16_t *x, int16_t *hidden, int16_t *cell, int16_t *y); /* 64-bit sums */

/* int8 on the DSP extension. input, recurrent: the rows of all four gates, input, forget, cell, output; scales: of their sums.
 * shown: cell state to 1/12288. scratch: 32 bytes a unit, then the lanes of the longer of the two vectors. */
typedef struct {
    tl_row_set input, recurrent;
    tl_scale input_scales[4], recurrent_scales[4], forget, entry, leave;
    const uint16_t *sigmoid;
    int32_t batches, steps, units, step_stride, batch_stride, tanh_multiplier, tanh_shift, clip;
} tl_lstm_packed;
void tl_lstm_packed_s8(const tl_lstm_packed *p, const int8_t *x, int8_t *hidden, int16_t *cell, int8_t *y, void *scratch);

typedef struct {
    const float *input, *recurrent, *bias;
} tl_lstm_gate;

typedef struct {
    tl_lstm_gate input, forget, cell, output;
    int32_t batches, steps, inputs, units;
    int32_t step_stride, batch_stride;
    float clip; /* 0: none */
} tl_lstm_float;
void tl_lstm_f32(const tl_lstm_float *p, const float *x, float *hidden, float *cell, float *y);

#endif
