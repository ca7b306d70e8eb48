#include "tl_kernels.h"

void tl_logistic_s16(const tl_sigmoid *p, const int16_t *x, int16_t *y, int32_t count)
{
    int32_t half = p->shift > 0 ? 1 << (p->shift - 1) : 0;
    for (int32_t i = 0; i < count; i++) {
        int32_t v = (x[i] * p->multiplier + half) >> p->shift;
        uint32_t magnitude = v < 0 ? 0u - (uint32_t)v : (uint32_t)v;
        uint32_t high = magnitude >> 9, result = 0x7fffu << 10;
        if (high < 255) {
            uint32_t low = p->table[high], next = p->table[high + 1];
            result = (low << 9) + (magnitude & 511u) * (next - low);
        }
        result = v >= 0 ? result + 512u : (1u << 25) - result + 511u;
        y[i] = (int16_t)(result >> 10);
    }
}
