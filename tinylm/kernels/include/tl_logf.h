/* log in float32, bit for bit as glibc 2.27 and later have it (the algorithm of Arm's optimized routines: x = 2^k z, c near z from
 * a table, log = k ln2 + log(c) + a cubic in z / c - 1, all in double). Checked against glibc over every third float. */
#ifndef TL_LOGF_H
#define TL_LOGF_H

#include "tl_types.h"

static const double tl_log_steps[16][2] = { /* 1 / c, log(c) */
    {0x1.661ec79f8f3bep+0, -0x1.57bf7808caadep-2}, {0x1.571ed4aaf883dp+0, -0x1.2bef0a7c06ddbp-2},
    {0x1.49539f0f010bp+0, -0x1.01eae7f513a67p-2}, {0x1.3c995b0b80385p+0, -0x1.b31d8a68224e9p-3},
    {0x1.30d190c8864a5p+0, -0x1.6574f0ac07758p-3}, {0x1.25e227b0b8eap+0, -0x1.1aa2bc79c81p-3},
    {0x1.1bb4a4a1a343fp+0, -0x1.a4e76ce8c0e5ep-4}, {0x1.12358f08ae5bap+0, -0x1.1973c5a611cccp-4},
    {0x1.0953f419900a7p+0, -0x1.252f438e10c1ep-5}, {0x1p+0, 0x0p+0},
    {0x1.e608cfd9a47acp-1, 0x1.aa5aa5df25984p-5}, {0x1.ca4b31f026aap-1, 0x1.c5e53aa362eb4p-4},
    {0x1.b2036576afce6p-1, 0x1.526e57720db08p-3}, {0x1.9c2d163a1aa2dp-1, 0x1.bc2860d22477p-3},
    {0x1.886e6037841edp-1, 0x1.1058bc8a07ee1p-2}, {0x1.767dcf5534862p-1, 0x1.4043057b6ee09p-2},
};

static inline float tl_logf(float x)
{
    uint32_t bits, scaled = 0;
    if (x != x || x == __builtin_inff())
        return x;
    if (x < 0.0f)
        return __builtin_nanf("");
    if (x == 0.0f)
        return -__builtin_inff();
    if (x < 0x1p-126f) {
        x *= 0x1p23f;
        scaled = 23u << 23;
    }
    memcpy(&bits, &x, 4);
    bits -= scaled;
    uint32_t offset = bits - 0x3f330000u;
    const double *step = tl_log_steps[(offset >> 19) & 15];
    int32_t k = (int32_t)offset >> 23;
    bits -= offset & 0xff800000u;
    float z;
    memcpy(&z, &bits, 4);
    double r = z * step[0] - 1.0, base = step[1] + k * 0x1.62e42fefa39efp-1, square = r * r;
    double series = 0x1.5575b0be00b6ap-2 * r + -0x1.ffffef20a4123p-2;
    return (float)((-0x1.00ea348b88334p-2 * square + series) * square + (base + r));
}

#endif
