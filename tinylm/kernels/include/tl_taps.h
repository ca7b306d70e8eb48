/* Depthwise convolution for cores without SIMD: at every position one pointer a tap, then all channels. */
#ifndef TL_TAPS_H
#define TL_TAPS_H

#include "tl_window.h"

/* All channels of one position; taps.S knows the order of the fields. */
typedef struct {
    const int8_t *const *taps, *const *taps_end;
    const int32_t *channels;
    int8_t *y;
    int32_t count, skip, zero_point, low, high;
} tl_taps_job;
void tl_taps(const tl_taps_job *j);

/* A depth multiplier of 1; sums below 2^30, shifts to the right by 0 .. 31.
 * channels: for each its bias (the input's zero point folded in as if all taps lay on the input), its weights, two int16 to a word,
 * of an even number of taps, multiplier, bits to shift right. pairs: of taps. skip: pairs that the first pass of the unrolled loop
 * leaves out, see taps.S.
 * scratch: a pointer a tap (an even number of them), then in_channels bytes. */
typedef struct {
    tl_window window;
    const int32_t *channels;
    int32_t pairs, skip, input_zero_point;
    int32_t output_zero_point, low, high;
} tl_depthwise_taps;
void tl_depthwise_taps_s8(const tl_depthwise_taps *p, const int8_t *x, int8_t *y, void *scratch);

/* The same at one place: x: `past` rows of channels, now: one more. next: x without its first row, and now; may be x. stream: as channels
 * above. scratch: a pointer a tap, an even number of them. */
typedef struct {
    int32_t channels, past;
    const int32_t *stream;
    int32_t pairs, skip, output_zero_point, low, high;
} tl_causal_taps;
void tl_causal_taps_s8(const tl_causal_taps *p, const int8_t *x, const int8_t *now, int8_t *y, int8_t *next, void *scratch);

#endif
