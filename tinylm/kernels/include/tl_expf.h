/* exp in float32, bit for bit as glibc 2.27 and later have it (the algorithm of Arm's optimized routines: x = (k + r) ln2 / 32,
 * exp = 2^(k/32) * (a cubic in r), all in double). Checked against glibc over every seventh float. */
#ifndef TL_EXPF_H
#define TL_EXPF_H

#include "tl_types.h"

/* 2^(i/32) as a double's bits, less i in the place where the exponent's k / 32 is added. */
static const uint64_t tl_exp2_bits[32] = {
    0x3ff0000000000000u, 0x3fefd9b0d3158574u, 0x3fefb5586cf9890fu, 0x3fef9301d0125b51u,
    0x3fef72b83c7d517bu, 0x3fef54873168b9aau, 0x3fef387a6e756238u, 0x3fef1e9df51fdee1u,
    0x3fef06fe0a31b715u, 0x3feef1a7373aa9cbu, 0x3feedea64c123422u, 0x3feece086061892du,
    0x3feebfdad5362a27u, 0x3feeb42b569d4f82u, 0x3feeab07dd485429u, 0x3feea47eb03a5585u,
    0x3feea09e667f3bcdu, 0x3fee9f75e8ec5f74u, 0x3feea11473eb0187u, 0x3feea589994cce13u,
    0x3feeace5422aa0dbu, 0x3feeb737b0cdc5e5u, 0x3feec49182a3f090u, 0x3feed503b23e255du,
    0x3feee89f995ad3adu, 0x3feeff76f2fb5e47u, 0x3fef199bdd85529cu, 0x3fef3720dcef9069u,
    0x3fef5818dcfba487u, 0x3fef7c97337b9b5fu, 0x3fefa4afa2a490dau, 0x3fefd0765b6e4540u,
};

static inline float tl_expf(float x)
{
    if (x != x)
        return x;
    if (x > 0x1.62e42ep6f)
        return __builtin_inff();
    if (x < -0x1.9fe368p6f)
        return 0.0f;
    double z = 0x1.71547652b82fep+5 * (double)x;
    double shifted = z + 0x1.8p52; /* rounds z to the integer in the low bits */
    uint64_t k, bits;
    memcpy(&k, &shifted, 8);
    double r = z - (shifted - 0x1.8p52);
    bits = tl_exp2_bits[k % 32] + (k << 47);
    double scale;
    memcpy(&scale, &bits, 8);
    double high = 0x1.c6af84b912394p-20 * r + 0x1.ebfce50fac4f3p-13;
    double low = 0x1.62e42ff0c52d6p-6 * r + 1.0;
    return (float)((high * (r * r) + low) * scale);
}

#endif
