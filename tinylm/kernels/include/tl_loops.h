/* Nested loops over broadcast operands, collapsed at build time (compiler/ops/broadcast.py). */
#ifndef TL_LOOPS_H
#define TL_LOOPS_H

#include <stdint.h>

#define TL_MAX_LOOPS 5

/* size[rank]: outermost first; stride[rank]: elements that each operand moves per step of that loop (0: broadcast). */
typedef struct {
    int32_t rank;
    int32_t size[TL_MAX_LOOPS];
    int32_t stride1[TL_MAX_LOOPS];
    int32_t stride2[TL_MAX_LOOPS];
} tl_loops;

/* Where the loops stand: offsets of both operands at the start of the current innermost run. */
typedef struct {
    int32_t at[TL_MAX_LOOPS];
    int32_t offset1, offset2;
} tl_position;

/* Move to the next innermost run; 0 when all are done. */
static inline int tl_next(const tl_loops *loops, tl_position *p)
{
    for (int d = loops->rank - 2; d >= 0; d--) {
        p->offset1 += loops->stride1[d];
        p->offset2 += loops->stride2[d];
        if (++p->at[d] < loops->size[d])
            return 1;
        p->offset1 -= loops->stride1[d] * loops->size[d];
        p->offset2 -= loops->stride2[d] * loops->size[d];
        p->at[d] = 0;
    }
    return 0;
}

#endif
