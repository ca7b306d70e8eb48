/* The audio front end: from samples to the logarithms of filter-bank energies. Complex values are pairs, real part first. */
#ifndef TL_SIGNAL_H
#define TL_SIGNAL_H

#include "tl_types.h"

/* y = saturate(x * weights >> shift), frame by frame of `size` samples. */
void tl_signal_window(const int16_t *x, const int16_t *weights, int16_t *y, int32_t frames, int32_t size, int32_t shift);

/* y = x << bits, as many as the largest sample allows. */
void tl_signal_auto_scale(const int16_t *x, int16_t *y, int32_t *bits, int32_t count);

/* y[i] = |x[i]|^2 for start <= i < end, 0 elsewhere. */
void tl_signal_energy(const int16_t *x, uint32_t *y, int32_t start, int32_t end, int32_t count);

/* sections: first energy, first weight, width of each of channels + 1 sections. */
typedef struct {
    const int16_t *sections;
    int32_t channels;
} tl_signal_bank;
void tl_signal_filter_bank(const tl_signal_bank *p, const uint32_t *x, const int16_t *weights, const int16_t *unweights, tl_uint64 *y);

/* Transforms of 2 * half real values; length: the values in a row of x. order: for a spectrum which pair of samples goes to each place,
 * for samples the place of each. Spectra have half + 1 complex values. */
typedef struct {
    const void *twiddles, *separators;
    const uint16_t *order;
    int32_t half, rows, length;
} tl_signal_fft;
void tl_signal_rfft_s16(const tl_signal_fft *p, const int16_t *x, int16_t *y);
void tl_signal_rfft_s32(const tl_signal_fft *p, const int32_t *x, int32_t *y);
void tl_signal_rfft_f32(const tl_signal_fft *p, const float *x, float *y);
void tl_signal_irfft_s16(const tl_signal_fft *p, const int16_t *x, int16_t *y);
void tl_signal_irfft_s32(const tl_signal_fft *p, const int32_t *x, int32_t *y);
void tl_signal_irfft_f32(const tl_signal_fft *p, const float *x, float *y);

/* y = round(sqrt(x)) >> bits */
void tl_signal_square_root(const tl_uint64 *x, const int32_t *bits, uint32_t *y, int32_t count);

/* y = scale * ln(x << bits) / 65536, up to 32767. corrections: of log2, 129 entries. */
void tl_signal_log(const uint16_t *corrections, const uint32_t *x, int16_t *y, int32_t count, int32_t bits, int32_t scale);

/* The share of new and old in the noise estimate, of even and odd channels, with `bits` fractional bits. */
typedef struct {
    int32_t channels;
    uint32_t smoothing[2], one_minus_smoothing[2], least;
    int32_t smoothing_bits, bits, clamping;
} tl_signal_subtraction;
/* y = x less the noise, at least the share `least` of x; noise: the state, copied to estimate. */
void tl_signal_subtract(const tl_signal_subtraction *p, const uint32_t *x, uint32_t *noise, uint32_t *y, uint32_t *estimate);

/* y = x times the gain that the noise has in the table, compressed. */
void tl_signal_pcan(const uint32_t *x, const uint32_t *noise, const int16_t *gains, uint32_t *y, int32_t count, int32_t shift);

/* rows of frames, each the first `size` of the `keep` samples kept and the `step` new ones. The first `late` are not whole: 0.
 * count: frames seen, up to late, or NULL; valid: whether all frames of this call are whole, or NULL. */
typedef struct {
    int32_t rows, frames, size, step, keep, late;
} tl_signal_framer;
void tl_signal_frame(const tl_signal_framer *p, const int16_t *x, int16_t *kept, int32_t *count, int16_t *y, uint8_t *valid);

/* `frames` frames in one, the first given `left` times more; then `step` of them dropped. valid: whether there are so many. */
typedef struct {
    int32_t channels, left, frames, step;
} tl_signal_stacker;
void tl_signal_stack(const tl_signal_stacker *p, const int16_t *x, int16_t *stack, int32_t *count, int16_t *y, uint8_t *valid);

/* Frames of `size`, `step` apart, added up where they overlap; sums: those that are not complete, [rows][size]. */
typedef struct {
    int32_t rows, frames, size, step;
} tl_signal_overlap;
void tl_signal_overlap_add_s16(const tl_signal_overlap *p, const int16_t *x, int16_t *sums, int16_t *y);
void tl_signal_overlap_add_f32(const tl_signal_overlap *p, const float *x, float *sums, float *y);

#endif
