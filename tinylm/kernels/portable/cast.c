#include "tl_kernels.h"

static int32_t whole(float v)
{
    if (!(v >= -2147483648.0f))
        return INT32_MIN;
    return v >= 2147483648.0f ? INT32_MAX : (int32_t)v;
}

static void store(void *y, int32_t to, int32_t i, int32_t v)
{
    if (to == TL_INT8)
        ((int8_t *)y)[i] = (int8_t)v;
    else if (to == TL_INT16)
        ((int16_t *)y)[i] = (int16_t)v;
    else if (to == TL_INT32)
        ((int32_t *)y)[i] = v;
    else
        ((float *)y)[i] = (float)v;
}

static int32_t load(const void *x, int32_t from, int32_t i)
{
    if (from == TL_INT8)
        return ((const int8_t *)x)[i];
    if (from == TL_BOOL)
        return ((const uint8_t *)x)[i] != 0;
    if (from == TL_INT16)
        return ((const int16_t *)x)[i];
    if (from == TL_INT32)
        return ((const int32_t *)x)[i];
    return whole(((const float *)x)[i]);
}

void tl_cast(const void *x, int32_t from, void *y, int32_t to, int32_t count)
{
    if (from == to) {
        memmove(y, x, (size_t)count * (to == TL_INT8 ? 1u : to == TL_INT16 ? 2u : 4u));
        return;
    }
    for (int32_t i = 0; i < count; i++)
        store(y, to, i, load(x, from, i));
}
