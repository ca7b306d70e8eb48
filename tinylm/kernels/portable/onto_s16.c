#include "tl_fixed.h"
#include "tl_kernels.h"

void tl_onto_s16(const int16_t *x, const int8_t *part, int16_t *y, int32_t count, int32_t factor)
{
    for (int32_t i = 0; i < count; i++)
        y[i] = (int16_t)tl_clamp(x[i] + factor * part[i], -32768, 32767);
}
