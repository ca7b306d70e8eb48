/* Kernels for cores with the DSP extension. Packed weights: two output rows in one 16-bit lane (compiler/packing/dual.py). */
#ifndef TL_PACKED_H
#define TL_PACKED_H

#include "tl_conv.h"

/* Fully connected. rows: groups of four rows, `groups` of them whole; depth: inputs rounded up to 4, 8 at least. kinds: a byte a group
 * (compiler/packing/tiles.py), or 0 where all are packed and finished short (for _exact: where all are packed).
 * multiplier, right (bits to shift right): one for all, or for _channels one a row, padded to whole groups.
 * scratch: 2 bytes an input, inputs rounded up to 8, and 8 more. ready: it is full, as another call with this x left it.
 * starts: words of a group before its weights: 4, or for _bare 2, where all are packed and the others are 0 (no biases).
 * _tensor, _channels: every sum is below 2^30, every shift 1 .. 22; _relu: and low >= zero point.
 * _relu, _any and a number (the fraction bits), _near and one (TFLM's shift): multiplier has factor, start and step of a finish that is right for all rows
 * (compiler/packing/finish.py); _read has the fraction bits behind them. _mixed: that is so for the groups that kinds calls short; the
 * others are finished as TFLM does it, with the multipliers in exact. _exact: none is short. */
typedef struct {
    const uint32_t *rows; /* tl_groups.h knows the order of the fields down to the zero point */
    const int32_t *multiplier;
    const int8_t *right;
    int32_t groups, starts, depth, output_zero_point;
    int32_t inputs, outputs, batches, per_channel, low, high, ready;
    const uint8_t *kinds;
    const int32_t *exact;
} tl_fc_packed;
void tl_fc_packed_relu_9(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_packed_relu_9_bare(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_packed_relu_9_mixed(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_packed_any_9(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_packed_any_9_bare(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_packed_any_9_mixed(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_packed_relu_11(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_packed_relu_11_bare(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_packed_relu_11_mixed(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_packed_any_11(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_packed_any_11_bare(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_packed_any_11_mixed(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_packed_relu_13(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_packed_relu_13_bare(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_packed_relu_13_mixed(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_packed_any_13(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_packed_any_13_bare(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_packed_any_13_mixed(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_packed_relu_15(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_packed_relu_15_bare(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_packed_relu_15_mixed(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_packed_any_15(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_packed_any_15_bare(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_packed_any_15_mixed(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_packed_relu_17(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_packed_relu_17_bare(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_packed_relu_17_mixed(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_packed_any_17(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_packed_any_17_bare(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_packed_any_17_mixed(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_packed_near_1(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_packed_near_1_mixed(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_packed_near_2(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_packed_near_2_mixed(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_packed_near_3(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_packed_near_3_mixed(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_packed_near_4(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_packed_near_4_mixed(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_packed_near_5(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_packed_near_5_mixed(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_packed_near_6(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_packed_near_6_mixed(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_packed_near_7(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_packed_near_7_mixed(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_packed_near_8(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_packed_near_8_mixed(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_packed_near_9(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_packed_near_9_mixed(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_packed_near_10(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_packed_near_10_mixed(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_packed_near_11(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_packed_near_11_mixed(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_packed_near_12(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_packed_near_12_mixed(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_packed_near_13(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_packed_near_13_mixed(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_packed_near_14(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_packed_near_14_mixed(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_packed_near_15(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_packed_near_15_mixed(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_packed_read(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_packed_read_mixed(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_packed_tensor(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_packed_tensor_mixed(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_packed_tensor_relu(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_packed_tensor_relu_mixed(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_packed_channels(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_packed_channels_mixed(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_packed_channels_relu(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_packed_channels_relu_mixed(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_packed_exact(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);

/* The same on int4 weights, four rows in a lane (compiler/packing/nibbles.py); every group is short. */
void tl_fc_nibbles_relu_9(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_nibbles_relu_9_bare(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_nibbles_any_9(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_nibbles_any_9_bare(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_nibbles_relu_11(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_nibbles_relu_11_bare(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_nibbles_any_11(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_nibbles_any_11_bare(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_nibbles_relu_13(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_nibbles_relu_13_bare(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_nibbles_any_13(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_nibbles_any_13_bare(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_nibbles_relu_15(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_nibbles_relu_15_bare(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_nibbles_any_15(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_nibbles_any_15_bare(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_nibbles_relu_17(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_nibbles_relu_17_bare(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_nibbles_any_17(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_nibbles_any_17_bare(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_nibbles_near_1(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_nibbles_near_2(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_nibbles_near_3(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_nibbles_near_4(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_nibbles_near_5(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_nibbles_near_6(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_nibbles_near_7(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_nibbles_near_8(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_nibbles_near_9(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_nibbles_near_10(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_nibbles_near_11(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_nibbles_near_12(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_nibbles_near_13(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_nibbles_near_14(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_nibbles_near_15(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_nibbles_read(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_nibbles_tensor(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_nibbles_tensor_relu(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_nibbles_channels(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_nibbles_channels_relu(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);

/* Whole groups alone, of one vector whose outputs are not clamped; lanes: what _expand made of it, once for all layers that take it. */
typedef void tl_fc_rows(const tl_fc_packed *p, const void *lanes, void *y);
tl_fc_rows tl_fours_relu_9, tl_fours_any_9, tl_fours_relu_11, tl_fours_any_11, tl_fours_relu_13, tl_fours_any_13, tl_fours_relu_15,
    tl_fours_any_15, tl_fours_relu_17, tl_fours_any_17, tl_fours_relu_9_bare, tl_fours_any_9_bare, tl_fours_relu_11_bare,
    tl_fours_any_11_bare, tl_fours_relu_13_bare, tl_fours_any_13_bare, tl_fours_relu_15_bare, tl_fours_any_15_bare, tl_fours_relu_17_bare,
    tl_fours_any_17_bare, tl_fours_near_1, tl_fours_near_2, tl_fours_near_3, tl_fours_near_4, tl_fours_near_5, tl_fours_near_6,
    tl_fours_near_7, tl_fours_near_8, tl_fours_near_9, tl_fours_near_10, tl_fours_near_11, tl_fours_near_12, tl_fours_near_13,
    tl_fours_near_14, tl_fours_near_15, tl_fours_read, tl_fours_tensor, tl_fours_tensor_relu, tl_fours_channels, tl_fours_channels_relu,
    tl_fours_sums;
tl_fc_rows tl_quads_relu_9, tl_quads_any_9, tl_quads_relu_11, tl_quads_any_11, tl_quads_relu_13, tl_quads_any_13, tl_quads_relu_15,
    tl_quads_any_15, tl_quads_relu_17, tl_quads_any_17, tl_quads_relu_9_bare, tl_quads_any_9_bare, tl_quads_relu_11_bare,
    tl_quads_any_11_bare, tl_quads_relu_13_bare, tl_quads_any_13_bare, tl_quads_relu_15_bare, tl_quads_any_15_bare, tl_quads_relu_17_bare,
    tl_quads_any_17_bare, tl_quads_near_1, tl_quads_near_2, tl_quads_near_3, tl_quads_near_4, tl_quads_near_5, tl_quads_near_6,
    tl_quads_near_7, tl_quads_near_8, tl_quads_near_9, tl_quads_near_10, tl_quads_near_11, tl_quads_near_12, tl_quads_near_13,
    tl_quads_near_14, tl_quads_near_15, tl_quads_read, tl_quads_tensor, tl_quads_tensor_relu, tl_quads_channels, tl_quads_channels_relu;

/* Sums of rows times a vector, nothing else. groups: of four rows, as tl_fc_packed has them, with biases; plain: [groups], not 0 where a
 * group is stored plain, or 0. sums: 4 a group; lanes: 2 bytes an input, inputs rounded up to 8, and 8 more. */
typedef struct {
    const uint32_t *rows;
    const uint8_t *plain;
    int32_t groups, depth, inputs;
} tl_row_set;
void tl_row_sums(const tl_row_set *p, const int8_t *x, uint32_t *sums, uint32_t *lanes);

/* A sum's scale and zero point; right: bits to shift right in the short requantisation (tl_groups.h), 0 where that is not proved. */
typedef struct {
    int32_t multiplier, start, right, shift, zero_point;
} tl_scale;

/* A plain group times one vector of such lanes; two of its rows times two vectors, whose sums are to lie 4 words apart (plain.S). */
void tl_plain_sums(const uint32_t *rows, const uint32_t *lanes, const uint32_t *lanes_end, uint32_t sums[4]);
void tl_plain_pair(const uint32_t *rows, const uint32_t *lanes, const uint32_t *lanes_end, uint32_t *sums);

/* Lanes (x0, x2) and (x1, x3) of every four activations, zeros up to the depth, and behind them what tl_groups.h takes off its sums. */
void tl_fours_expand(const int8_t *x, int32_t inputs, int32_t depth, void *scratch);
void tl_quads_expand(const int8_t *x, int32_t inputs, int32_t depth, void *scratch);

/* Convolution, two positions at once. rows: groups of four rows (compiler/packing/tiles.py), with per_row words of each row's finish; where
 * there are more than 4 outputs and no multiple of 4, the last group holds the last four rows. kinds: a byte a group, or 0 where all are
 * packed and finished short. depth: weights of a row, rounded up to 4.
 * A position's activations are `runs` runs (a row of taps each, or all of them, gathered, where something is dilated in x): `words` words of
 * each, then `rest` bytes of each, if these are not read as another word, for which `beyond` columns of the input behind them are read.
 * flat: 1 x 1 taps at every position, which are one row.
 * tile: 0, or so many positions of a row have their columns of the input loaded once, where the channels are whole words and nothing is
 * dilated in x; weights are then ordered [columns][rows][channels] of taps.
 * _relu: low >= output_zero_point; the number: the fraction bits of the finish.
 * inner_height: 0, or the input is inner_height x inner_width and is to be copied to its place (top, left) in what `window` describes.
 * scratch: `lanes` words, depth of them or for a tile the taps of its columns; then `buffer` bytes: 2 * depth + 4 where positions have to be
 * gathered or are odd, and behind them twice what the rests take, for a tile 2 * in_channels; then twice the outputs, rounded up to 4, where
 * positions are left over or outputs fewer than 4; then, for an inner image, the surrounded one. */
typedef struct {
    tl_window window;
    const uint32_t *rows;
    const uint8_t *kinds;
    int32_t depth, per_row, words, runs, rest, beyond, flat, tile, lanes, buffer, input_zero_point;
    int32_t inner_height, inner_width, top, left;
    int32_t output_zero_point, low, high;
} tl_conv_packed;
void tl_conv_packed_relu_9(const tl_conv_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_conv_packed_relu_11(const tl_conv_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_conv_packed_relu_13(const tl_conv_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_conv_packed_relu_15(const tl_conv_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_conv_packed_relu_17(const tl_conv_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_conv_packed_any_9(const tl_conv_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_conv_packed_any_11(const tl_conv_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_conv_packed_any_13(const tl_conv_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_conv_packed_any_15(const tl_conv_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_conv_packed_any_17(const tl_conv_packed *p, const int8_t *x, int8_t *y, void *scratch);

/* Depthwise 3 x 3 with stride 1 or 2 in both directions, no dilation, a depth multiplier of 1, 2 columns of outputs and 4 channels at
 * least. factor, start, step (0: none): of each channel (compiler/packing/finish.py), with 11 bits of fraction; fraction: those of each
 * channel, or 0. slots: pairs of input rows that are held at once. Names: _relu: low >= output_zero_point, _each: with fraction; the
 * stride; the slots. scratch: 176 bytes, and 16 * slots a column, stride * out_width + 2 of them. */
typedef struct {
    tl_window window;
    const int8_t *weights;
    const int32_t *bias, *factor, *start, *step, *fraction;
    int32_t slots, input_zero_point, low, high;
} tl_depthwise3;
void tl_depthwise3_relu_1_4(const tl_depthwise3 *p, const int8_t *x, int8_t *y, void *scratch);
void tl_depthwise3_relu_1_8(const tl_depthwise3 *p, const int8_t *x, int8_t *y, void *scratch);
void tl_depthwise3_relu_1_16(const tl_depthwise3 *p, const int8_t *x, int8_t *y, void *scratch);
void tl_depthwise3_relu_2_4(const tl_depthwise3 *p, const int8_t *x, int8_t *y, void *scratch);
void tl_depthwise3_relu_2_8(const tl_depthwise3 *p, const int8_t *x, int8_t *y, void *scratch);
void tl_depthwise3_any_1_4(const tl_depthwise3 *p, const int8_t *x, int8_t *y, void *scratch);
void tl_depthwise3_any_1_8(const tl_depthwise3 *p, const int8_t *x, int8_t *y, void *scratch);
void tl_depthwise3_any_1_16(const tl_depthwise3 *p, const int8_t *x, int8_t *y, void *scratch);
void tl_depthwise3_any_2_4(const tl_depthwise3 *p, const int8_t *x, int8_t *y, void *scratch);
void tl_depthwise3_any_2_8(const tl_depthwise3 *p, const int8_t *x, int8_t *y, void *scratch);
void tl_depthwise3_each_1_4(const tl_depthwise3 *p, const int8_t *x, int8_t *y, void *scratch);
void tl_depthwise3_each_1_8(const tl_depthwise3 *p, const int8_t *x, int8_t *y, void *scratch);
void tl_depthwise3_each_1_16(const tl_depthwise3 *p, const int8_t *x, int8_t *y, void *scratch);
void tl_depthwise3_each_2_4(const tl_depthwise3 *p, const int8_t *x, int8_t *y, void *scratch);
void tl_depthwise3_each_2_8(const tl_depthwise3 *p, const int8_t *x, int8_t *y, void *scratch);

/* Depthwise with a multiplier of 1 and any window, sums and shifts as _tensor has. groups: of every four channels twice the biases, then for
 * each tap (an even number of them) two words of twice the weights, lanes (0, 2) and (1, 3). finish: of every channel of whole groups
 * multiplier, (2 * zero point + 1) << (right - 1) and right. scratch: 4 bytes a tap (an even number), 2 a channel of whole groups. */
typedef struct {
    tl_window window;
    const uint32_t *groups;
    const int32_t *finish;
    int32_t input_zero_point, low, high;
} tl_windows;
void tl_depthwise_windows_s8(const tl_windows *p, const int8_t *x, int8_t *y, void *scratch);

/* Depthwise to 2 channels at least, sums and shifts as _tensor has. scratch: 4 bytes a tap, 1 a channel of the input. */
void tl_depthwise_short_s8(const tl_depthwise *p, const int8_t *x, int8_t *y, void *scratch);

/* Depthwise at one place: x: `past` rows of channels, now: one more. next: x without its first row, and now; may be x. Sums and shifts as
 * _tensor has. groups: of every four channels twice the biases, then for each tap two words of twice the weights, lanes (0, 2) and (1, 3). */
typedef struct {
    int32_t channels, past;
    const uint32_t *groups;
    const int32_t *multiplier;
    const int8_t *shift;
    int32_t per_channel, output_zero_point, low, high;
} tl_causal;
void tl_causal_short_s8(const tl_causal *p, const int8_t *x, const int8_t *now, int8_t *y, int8_t *next);

/* Sum of two int8 tensors of one shape, or with signs of -1 their difference; a's real multiplier is 0.5, b's term comes from a table.
 * start: (2 * zero point + 1) << (right - 1). scratch: 1024 bytes. */
typedef struct {
    int32_t count, zero_point1, sign1;
    int32_t zero_point2, multiplier2, right2, sign2;
    int32_t multiplier, right, start, low, high;
} tl_add_short;
void tl_add_few_s8(const tl_add_short *p, const int8_t *a, const int8_t *b, int8_t *y);
void tl_add_short_s8(const tl_add_short *p, const int8_t *a, const int8_t *b, int8_t *y, void *scratch);

/* h + z (c - h), byte by byte: z, c: tables of 256 bytes by the bit patterns of what they are functions of, z unsigned; difference: by
 * c - h, 256 times it in the upper half, what finishing the product starts with in the lower one; sum: by h plus the product. The number in
 * a name: the fraction bits of that finish. */
typedef struct {
    const uint8_t *z;
    const int8_t *c;
    const uint32_t *difference;
    const int8_t *sum;
    int32_t factor, count;
} tl_gate;
void tl_gate_s8_9(const tl_gate *p, const int8_t *z, const int8_t *c, const int8_t *h, int8_t *y);
void tl_gate_s8_13(const tl_gate *p, const int8_t *z, const int8_t *c, const int8_t *h, int8_t *y);

/* Product of two int8 tensors of one shape. lanes1, lanes2: two 16-bit lanes with what is added to the operands. */
typedef struct {
    int32_t count, lanes1, lanes2;
    int32_t multiplier, right, start, low, high;
} tl_mul_short;
void tl_mul_short_s8(const tl_mul_short *p, const int8_t *a, const int8_t *b, int8_t *y);

#endif
