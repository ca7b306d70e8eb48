/* Sigmoid and tanh of int16 values, linear between 256 table entries. x: in 1/12288; results in 1/32768. */
#ifndef TL_SIGMOID16_H
#define TL_SIGMOID16_H

#include <stdint.h>

static inline int32_t tl_between(const uint16_t *table, int32_t x, int bits, int32_t most)
{
    uint32_t magnitude = x < 0 ? 0u - (uint32_t)x : (uint32_t)x, high = magnitude >> bits;
    if (high >= 255)
        return most;
    int32_t low = table[high], rest = (int32_t)(magnitude & ((1u << bits) - 1));
    return low * (1 << bits) + rest * (table[high + 1] - low);
}

static inline int32_t tl_logistic16(const uint16_t *table, int32_t x)
{
    int32_t y = tl_between(table, x, 9, 0x7fff << 10);
    return (x >= 0 ? y + 512 : (1 << 25) - y + 511) >> 10;
}

static inline int32_t tl_tanh16(const uint16_t *table, int32_t x)
{
    int32_t y = tl_between(table, x, 8, 0xffff << 8) - (1 << 23);
    return (x >= 0 ? y + 128 : 127 - y) >> 8;
}

#endif
