/* Groups of four int4 rows in one 16-bit lane, packed as compiler/packing/nibbles.py has it.
 *
 * A lane is 4096 A + 256 B + 16 C + D, A signed, the others 8 more than the weights. A block is 27 instructions for 32 products. Sums of
 * the whole lane, of its low byte, of 256 B + D and of D; the two that fit a byte by Winograd's inner product (see fours.S).
 */
#define WEIGHT_BITS 4
#define BLOCK       106
#define UNROLL      16
#define SECOND      r12
#define THIRD       r11
#include "tl_groups.h"

    .macro  lanes w0, w1
    ldrd    r2, r3, [r0], #8
    smlad   r10, \w0, r2, r10
    smlad   r10, \w1, r3, r10
    uxtab16 r8, r3, \w0
    uxtab16 r9, r2, \w1
    and     \w0, \w0, #0x0f0f0f0f
    and     \w1, \w1, #0x0f0f0f0f
    smlad   r11, r8, r9, r11
    smlad   r12, \w0, r2, r12
    smlad   r12, \w1, r3, r12
    uxtab16 \w0, r3, \w0
    uxtab16 \w1, r2, \w1
    smlad   lr, \w0, \w1, lr
    .endm

    .macro  block
    ldm     r1!, {r4-r7}
    lanes   r4, r5
    lanes   r6, r7
    .endm

    .macro  half
    ldrd    r4, r5, [r1], #8
    lanes   r4, r5
    .endm

/* r7: what the 8 more of a weight adds to `times` a row. */
    .macro  unmix times
    sub     r11, r11, lr            /* 16 C */
    sub     r10, r10, r12           /* 4096 A + 16 C */
    sub     lr, lr, r5
    sub     r12, r12, lr            /* 256 B */
    sub     r10, r10, r11
    .if     \times == 256
    asr     r10, r10, #4
    sub     r12, r12, r7
    rsb     r11, r7, r11, lsl #4
    rsb     lr, r7, lr, lsl #8
    .elseif \times == 2
    asr     r10, r10, #11
    rsb     r12, r7, r12, asr #7
    rsb     r11, r7, r11, asr #3
    rsb     lr, r7, lr, lsl #1
    .else
    asr     r10, r10, #12
    rsb     r12, r7, r12, asr #8
    rsb     r11, r7, r11, asr #4
    sub     lr, lr, r7
    .endif
    .endm

    all     tl_quads
    expander tl_expand_4
