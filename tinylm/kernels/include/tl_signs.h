/* Fully connected layers whose weights are a factor a row times -1, 0 or 1 (compiler/packing/signs.py). */
#ifndef TL_SIGNS_H
#define TL_SIGNS_H

#include "tl_types.h"

/* rows: factor and bias of each; finish: pairs (multiplier, bits to shift right), of each row or (per_channel = 0) one.
 * exact: 1 = tl_requantize at its longest, for sums and shifts that the short one does not take.
 * pass: inputs (_lanes) or groups of them (_tables) that are taken at once. */
typedef struct {
    const void *weights;
    const int32_t *rows, *finish;
    int32_t per_channel, exact, ternary, pass;
    int32_t batches, inputs, outputs;
    int32_t output_zero_point, low, high;
} tl_fc_signs;

/* By tables of sums (compiler/packing/tables.py). scratch: 4 bytes an output, rounded up to 8 of them, and a pass's tables. */
void tl_fc_tables_s8(const tl_fc_signs *p, const int8_t *x, int8_t *y, void *scratch);

/* By lanes of two rows (compiler/packing/lanes.py), with the DSP extension; unless exact, factors and biases come doubled. scratch: 4 bytes an output, rounded up to 8 of them, and 2 an
 * input of a pass, rounded up to 8 of them. */
void tl_fc_lanes_s8(const tl_fc_signs *p, const int8_t *x, int8_t *y, void *scratch);

#endif
