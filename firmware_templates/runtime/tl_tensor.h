/* Reading and writing elements of the model's inputs and outputs, whatever their type. */
#ifndef TL_TENSOR_H
#define TL_TENSOR_H

#include "tl_types.h"

uint32_t tl_tensor_count(const tl_io *tensor);                      /* elements */
int32_t tl_tensor_integer(const tl_io *tensor, uint32_t index);     /* the element as stored; int64: its low half */
float tl_tensor_real(const tl_io *tensor, uint32_t index);          /* dequantised */
void tl_tensor_set(const tl_io *tensor, uint32_t index, int32_t v); /* the element as stored */
uint32_t tl_tensor_largest(const tl_io *tensor);                    /* index of the first largest element */

/* CRC-32 (IEEE 802.3, the one of zlib) carried on from `crc`; start with 0. */
uint32_t tl_crc32(uint32_t crc, const void *data, uint32_t bytes);

#endif
