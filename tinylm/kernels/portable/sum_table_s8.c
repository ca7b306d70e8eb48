#include "tl_kernels.h"

#define ONE(i, SIGN) y[i] = of[a[i] SIGN b[i]]
#define FOUR(i, SIGN) ONE(i, SIGN), ONE(i + 1, SIGN), ONE(i + 2, SIGN), ONE(i + 3, SIGN)

#define KERNEL(name, SIGN)                                                                            \
    void name(const void *table, const int8_t *a, const int8_t *b, int8_t *y, int32_t count) \
    {                                                                                                 \
        const int8_t *of = table;                                                                     \
        TL_ROLLED                                                                                     \
        for (; count >= 8; count -= 8, a += 8, b += 8, y += 8)                                        \
            FOUR(0, SIGN), FOUR(4, SIGN);                                                             \
        TL_ROLLED                                                                                     \
        for (; count > 0; count--)                                                                    \
            *y++ = of[*a++ SIGN *b++];                                                                \
    }
KERNEL(tl_sum_table_s8, +)
KERNEL(tl_difference_table_s8, -)
