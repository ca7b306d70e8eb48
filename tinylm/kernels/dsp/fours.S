/* Groups of four int8 rows, packed as compiler/packing/dual.py has it.
 *
 * A block is 23 instructions for 32 products. Pairs of rows A and B: h = 256 A + B sums lanes times activations; l = B + products sums
 * (x1 + b0)(x0 + b1), where SXTAB16 takes the bytes b out of the lanes and adds the activations at once.
 */
#define WEIGHT_BITS 8
#define BLOCK       90
#define UNROLL      16
#define SECOND      r11
#define THIRD       r12
#include "tl_groups.h"

    .macro  pair h, l, w0, w1, x0, x1
    smlad   \h, \w0, \x0, \h
    smlad   \h, \w1, \x1, \h
    sxtab16 \w0, \x1, \w0
    sxtab16 \w1, \x0, \w1
    smlad   \l, \w0, \w1, \l
    .endm

    .macro  block
    ldm     r0!, {r2-r5}
    ldm     r1!, {r6-r9}
    pair    r10, r11, r6, r7, r2, r3
    pair    r12, lr, r8, r9, r2, r3
    ldm     r1!, {r6-r9}
    pair    r10, r11, r6, r7, r4, r5
    pair    r12, lr, r8, r9, r4, r5
    .endm

    .macro  half
    ldm     r0!, {r2, r3}
    ldm     r1!, {r6-r9}
    pair    r10, r11, r6, r7, r2, r3
    pair    r12, lr, r8, r9, r2, r3
    .endm

    .macro  unmix times
    .if     \times == 1
    sub     r11, r11, r5
    sub     lr, lr, r5
    sub     r10, r10, r11
    sub     r12, r12, lr
    asr     r10, r10, #8
    asr     r12, r12, #8
    .elseif \times == 2
    rsb     r11, r5, r11, lsl #1
    rsb     lr, r5, lr, lsl #1
    sub     r10, r10, r11, asr #1
    sub     r12, r12, lr, asr #1
    asr     r10, r10, #7
    asr     r12, r12, #7
    .else                           /* what is proved for 256 B: 32 bits hold it */
    rsb     r11, r5, r11, lsl #8
    rsb     lr, r5, lr, lsl #8
    sub     r10, r10, r11, asr #8
    sub     r12, r12, lr, asr #8
    .endif
    .endm

    all     tl_fours
    expander tl_expand_8
