#include "tl_kernels.h"

#define KERNEL(name, SIGN)                                                                            \
    void name(const void *table, const int8_t *a, const int8_t *b, int8_t *y, int32_t count) \
    {                                                                                                 \
        const int8_t *of = table;                                                                     \
        TL_ROLLED                                                                                     \
        for (; count >= 4; count -= 4, a += 4, b += 4, y += 4) {                                      \
            y[0] = of[a[0] SIGN b[0]];                                                                \
            y[1] = of[a[1] SIGN b[1]];                                                                \
            y[2] = of[a[2] SIGN b[2]];                                                                \
            y[3] = of[a[3] SIGN b[3]];                                                                \
        }                                                                                             \
        TL_ROLLED                                                                                     \
        for (; count > 0; count--)                                                                    \
            *y++ = of[*a++ SIGN *b++];                                                                \
    }
KERNEL(tl_sum_table_s8, +)
KERNEL(tl_difference_table_s8, -)
