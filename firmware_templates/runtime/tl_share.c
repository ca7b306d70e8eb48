#include "tl_share.h"

enum { STEP_LIMIT = 0x3FFFFF };

int32_t tl_octaves(const tl_io *tensor)
{
    float step = tensor->scale * 94548.46f + 0.5f; /* 65536 / ln 2 */
    return step < (float)STEP_LIMIT ? (int32_t)step : STEP_LIMIT;
}

/* A cubic fitted to 2^-f on [0, 1], exact at both ends. */
uint32_t tl_exp2_down(uint32_t x)
{
    uint32_t whole = x >> 16, f = (x & 0xFFFFu) >> 1;
    if (whole > 15) return 0;
    uint32_t y = 22662u - ((7575u - (1297u * f >> 15)) * f >> 15);
    return (32768u - (y * f >> 15)) >> whole;
}

uint32_t tl_share(const tl_io *tensor, uint32_t from, uint32_t count, uint32_t chosen)
{
    uint32_t step = (uint32_t)tl_octaves(tensor), total = 0;
    int32_t top = INT32_MIN;
    for (uint32_t i = from; i < from + count; i++) {
        int32_t score = tl_tensor_integer(tensor, i);
        if (score > top) top = score;
    }
    for (uint32_t i = from; i < from + count; i++) total += tl_exp2_down((uint32_t)(top - tl_tensor_integer(tensor, i)) * step);
    return (tl_exp2_down((uint32_t)(top - tl_tensor_integer(tensor, chosen)) * step) << 16) / total;
}

uint32_t tl_both(uint32_t a, uint32_t b)
{
    return (uint32_t)((uint64_t)a * b >> 16);
}
