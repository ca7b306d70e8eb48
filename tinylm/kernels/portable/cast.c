#include "tl_kernels.h"

static int32_t whole(float v, int32_t to)
{
    if (to == TL_UINT32)
        return !(v >= 0.0f) ? 0 : v < 4294967296.0f ? (int32_t)(uint32_t)v : -1;
    if (!(v >= -2147483648.0f))
        return INT32_MIN;
    return v >= 2147483648.0f ? INT32_MAX : (int32_t)v;
}

static void store(void *y, int32_t to, int32_t i, int32_t v, int32_t from)
{
    if (to == TL_INT8)
        ((int8_t *)y)[i] = (int8_t)v;
    else if (to == TL_INT16)
        ((int16_t *)y)[i] = (int16_t)v;
    else if (to == TL_INT32 || to == TL_UINT32)
        ((int32_t *)y)[i] = v;
    else
        ((float *)y)[i] = from == TL_UINT32 ? (float)(uint32_t)v : (float)v;
}

/* the bits of a uint32 are those of an int32 */
static int32_t load(const void *x, int32_t from, int32_t i, int32_t to)
{
    if (from == TL_INT8)
        return ((const int8_t *)x)[i];
    if (from == TL_BOOL)
        return ((const uint8_t *)x)[i] != 0;
    if (from == TL_INT16)
        return ((const int16_t *)x)[i];
    if (from == TL_INT32 || from == TL_UINT32)
        return ((const int32_t *)x)[i];
    return whole(((const float *)x)[i], to);
}

void tl_cast(const void *x, int32_t from, void *y, int32_t to, int32_t count)
{
    if (from == to) {
        memmove(y, x, (size_t)count * (to == TL_INT8 ? 1u : to == TL_INT16 ? 2u : 4u));
        return;
    }
    for (int32_t i = 0; i < count; i++)
        store(y, to, i, load(x, from, i, to), from);
}
