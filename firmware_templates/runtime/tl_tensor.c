#include "tl_tensor.h"

static uint32_t element_bytes(const tl_io *tensor)
{
    switch (tensor->type) {
    case TL_INT16: return 2;
    case TL_INT32:
    case TL_FLOAT32: return 4;
    case TL_INT64: return 8;
    default: return 1;
    }
}

uint32_t tl_tensor_count(const tl_io *tensor)
{
    return tensor->bytes / element_bytes(tensor);
}

static const uint8_t *element(const tl_io *tensor, uint32_t index)
{
    return (const uint8_t *)tensor->data + index * element_bytes(tensor);
}

int32_t tl_tensor_integer(const tl_io *tensor, uint32_t index)
{
    const uint8_t *from = element(tensor, index);
    int16_t half;
    int32_t word;
    float real;
    switch (tensor->type) {
    case TL_INT8: return (int8_t)*from;
    case TL_INT16: memcpy(&half, from, sizeof half); return half;
    case TL_INT32:
    case TL_INT64: memcpy(&word, from, sizeof word); return word;
    case TL_FLOAT32: memcpy(&real, from, sizeof real); return (int32_t)real;
    default: return *from;
    }
}

float tl_tensor_real(const tl_io *tensor, uint32_t index)
{
    if (tensor->type == TL_FLOAT32) {
        float real;
        memcpy(&real, element(tensor, index), sizeof real);
        return real;
    }
    int32_t stored = tl_tensor_integer(tensor, index);
    /* A tensor without quantisation (an index, say) has scale 0: its value is the integer itself. */
    return tensor->scale > 0 ? (float)(stored - tensor->zero_point) * tensor->scale : (float)stored;
}

void tl_tensor_set(const tl_io *tensor, uint32_t index, int32_t v)
{
    uint8_t *to = (uint8_t *)tensor->data + index * element_bytes(tensor);
    int64_t wide = v;
    float real = (float)v;
    if (tensor->type == TL_FLOAT32)
        memcpy(to, &real, sizeof real);
    else
        memcpy(to, &wide, element_bytes(tensor)); /* little-endian: the low bytes come first */
}

uint32_t tl_tensor_largest(const tl_io *tensor)
{
    uint32_t count = tl_tensor_count(tensor), best = 0;
    for (uint32_t i = 1; i < count; i++) {
        int larger = tensor->type == TL_FLOAT32 ? tl_tensor_real(tensor, i) > tl_tensor_real(tensor, best)
                                                : tl_tensor_integer(tensor, i) > tl_tensor_integer(tensor, best);
        if (larger) best = i;
    }
    return best;
}

uint32_t tl_crc32(uint32_t crc, const void *data, uint32_t bytes)
{
    const uint8_t *from = data;
    crc = ~crc;
    while (bytes--) {
        crc ^= *from++;
        for (int bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (0xEDB88320u & (0u - (crc & 1u)));
    }
    return ~crc;
}
