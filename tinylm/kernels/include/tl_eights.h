/* Products with rows packed eight at a time, for cores without SIMD (compiler/packing/eights.py says how). */
#ifndef TL_EIGHTS_H
#define TL_EIGHTS_H

#include "tl_conv.h"
#include "tl_fixed.h"

/* tl_finish in short, for sums below 2^30 and a shift to the right: by = multiplier, bits (0 .. 31). */
static inline int8_t tl_finish_short(uint32_t sum, const int32_t by[2], int32_t zero_point, int32_t low, int32_t high)
{
    int64_t product = (int64_t)(2 * (int32_t)sum) * by[0];
    int32_t scaled = (int32_t)(product >> 32) + (int32_t)((uint32_t)product >> 31);
    int32_t half = (int32_t)((1u << by[1]) >> 1);
    scaled = (scaled - (scaled < 0 && half) + half) >> by[1];
    return (int8_t)tl_clamp(scaled + zero_point, low, high);
}

/* One vector of activations times all rows; eights.S knows the order of the fields.
 * x .. x_end: the activations plus 128, zeros up to whole words. rows: the groups. correction: 128 * the sum of x.
 * finish: pairs (multiplier, bits to shift right), `step` bytes from one row to the next (0 or 8).
 * step < 0: y takes int32 sums, whole groups of them; else `outputs` int8 values. */
typedef struct {
    const uint8_t *x, *x_end;
    const uint32_t *rows;
    void *y;
    int32_t outputs;
    uint32_t correction;
    const int32_t *finish;
    int32_t step, zero_point, low, high;
} tl_eights_job;
void tl_eights(const tl_eights_job *job);

/* What fully connected layers and convolutions share. depth: weights of a row. plain: a byte a group, 1 where it is stored plain,
 * or NULL. exact: 1 = tl_requantize at its longest, for sums and shifts that `finish` in eights.S does not take. */
typedef struct {
    const uint32_t *rows;
    const uint8_t *plain;
    const int32_t *finish;
    int32_t per_channel, exact, depth, outputs;
    int32_t output_zero_point, low, high;
} tl_rows;
/* All rows times the activations plus 128 in x (zeros up to whole words), whose sum is given. */
void tl_rows_times(const tl_rows *p, const uint8_t *x, uint32_t sum, int8_t *y);
/* Copies activations, plus 128; returns their sum. */
uint32_t tl_copy_raised(uint8_t *to, const int8_t *x, int32_t count);

/* scratch: depth, rounded up to whole words, and a word. ready: it is full, as another call with this x left it. */
typedef struct {
    tl_rows rows;
    int32_t batches, ready;
} tl_fc_eights;
void tl_fc_eights_s8(const tl_fc_eights *p, const int8_t *x, int8_t *y, void *scratch);

/* Weights in -8 .. 7, packed as compiler/packing/nibble_pairs.py has it (plain is not looked at), in blocks of `block` inputs.
 * scratch: a word for every input, rounded up to whole blocks, and one for every block. ready: as above. */
typedef struct {
    tl_rows rows;
    int32_t batches, ready, block;
} tl_fc_nibbles;
void tl_fc_nibbles_s8(const tl_fc_nibbles *p, const int8_t *x, int8_t *y, void *scratch);

/* One group. contiguous: no dilation in x. */
typedef struct {
    tl_window window;
    tl_rows rows;
    int32_t contiguous, input_zero_point;
} tl_conv_eights;
void tl_conv_eights_s8(const tl_conv_eights *p, const int8_t *x, int8_t *y, void *scratch);

#endif
