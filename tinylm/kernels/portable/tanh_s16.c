#include "tl_kernels.h"

void tl_tanh_s16(const tl_sigmoid *p, const int16_t *x, int16_t *y, int32_t count)
{
    int32_t half = p->shift > 0 ? 1 << (p->shift - 1) : 0;
    for (int32_t i = 0; i < count; i++) {
        int32_t v = (x[i] * p->multiplier + half) >> p->shift;
        uint32_t magnitude = v < 0 ? 0u - (uint32_t)v : (uint32_t)v;
        uint32_t high = magnitude >> 8;
        int32_t result = 0xffff << 8;
        if (high < 255) {
            uint32_t low = p->table[high], next = p->table[high + 1];
            result = (int32_t)((low << 8) + (magnitude & 255u) * (next - low));
        }
        result -= 1 << 23;
        result = v >= 0 ? result + 128 : 127 - result;
        y[i] = (int16_t)(result >> 8);
    }
}
