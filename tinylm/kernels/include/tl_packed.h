/* Kernels on weights packed at build time: two output rows in one 16-bit lane (compiler/packing/dual.py). */
#ifndef TL_PACKED_H
#define TL_PACKED_H

#include <stdint.h>

/* Fully connected. rows: groups of four rows. plain: a byte a group, 1 where it is stored plain (for _exact only).
 * multiplier, right (bits to shift right): one for all, or for _channels one a row, padded to whole groups.
 * scratch: 2 bytes an input, inputs rounded up to 8.
 * _tensor, _channels: every sum is below 2^30, every shift 1 .. 22, no group is plain. _exact takes anything. */
typedef struct {
    const uint32_t *rows;
    const uint8_t *plain;
    const int32_t *multiplier;
    const int8_t *right;
    int32_t per_channel, batches, inputs, outputs;
    int32_t output_zero_point, low, high;
} tl_fc_packed;
void tl_fc_packed_tensor(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_packed_channels(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);
void tl_fc_packed_exact(const tl_fc_packed *p, const int8_t *x, int8_t *y, void *scratch);

#endif
