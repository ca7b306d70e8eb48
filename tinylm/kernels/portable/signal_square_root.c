#include "tl_kernels.h"

/* Digit by digit, two bits of x a step; rounded, but not up past 16 bits. */
static uint32_t root32(uint32_t x)
{
    uint32_t root = 0, bit = 1u << 30;
    while (bit > x)
        bit >>= 2;
    for (; bit; bit >>= 2) {
        uint32_t trial = root + bit;
        root >>= 1;
        if (x >= trial) {
            x -= trial;
            root += bit;
        }
    }
    return x > root && root != 0xffff ? root + 1 : root;
}

/* The same, not up past 32 bits. */
static uint32_t root64(uint64_t x)
{
    uint64_t root = 0, bit = 1ull << 62;
    while (bit > x)
        bit >>= 2;
    for (; bit; bit >>= 2) {
        uint64_t trial = root + bit;
        root >>= 1;
        if (x >= trial) {
            x -= trial;
            root += bit;
        }
    }
    return (uint32_t)(x > root && root != 0xffffffff ? root + 1 : root);
}

void tl_signal_square_root(const tl_uint64 *x, const int32_t *bits, uint32_t *y, int32_t count)
{
    uint32_t shift = (uint32_t)*bits & 31;
    for (int32_t i = 0; i < count; i++)
        y[i] = (x[i] >> 32 ? root64(x[i]) : root32((uint32_t)x[i])) >> shift;
}
