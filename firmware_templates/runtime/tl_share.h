/* Fixed-point arithmetic of decoding: the same as tinylm/lm/fixed.py. */
#ifndef TL_SHARE_H
#define TL_SHARE_H

#include "tl_tensor.h"

/* What one step of a tensor is as an exponent of 2, times 65536: e^(scale q) = 2^(q octaves). */
int32_t tl_octaves(const tl_io *tensor);

/* 2^-(x / 65536) times 32768. */
uint32_t tl_exp2_down(uint32_t x);

/* The softmax probability of element `chosen` among `count` elements from `from` on, times 65536. */
uint32_t tl_share(const tl_io *tensor, uint32_t from, uint32_t count, uint32_t chosen);

/* The product of two probabilities. */
uint32_t tl_both(uint32_t a, uint32_t b);

#endif
