/* The index of the largest value along the axis of [outer][axis][inner], or of the smallest; the first of equal ones. */
#ifndef TL_ARG_H
#define TL_ARG_H

#include "tl_kernels.h"

#define TL_ARG(type, TYPE)                                                                      \
    void tl_arg_##type(const tl_arg *p, const TYPE *x, int32_t *y)                              \
    {                                                                                           \
        for (int32_t o = 0; o < p->outer; o++, x += (p->axis - 1) * p->inner)                   \
            for (int32_t i = 0; i < p->inner; i++, x++) {                                       \
                const TYPE *at = x;                                                             \
                TYPE best = *x;                                                                 \
                int32_t index = 0;                                                              \
                for (int32_t a = 1; a < p->axis; a++) {                                         \
                    at += p->inner;                                                             \
                    if (p->smallest ? *at < best : *at > best) {                                \
                        best = *at;                                                             \
                        index = a;                                                              \
                    }                                                                           \
                }                                                                               \
                *y++ = index;                                                                   \
            }                                                                                   \
    }

#endif
