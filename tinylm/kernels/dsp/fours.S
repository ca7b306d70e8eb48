/* Groups of four rows times one vector of activations, rows and activations packed as compiler/packing/dual.py has it.
 *
 * A block is 8 activations: 23 instructions for 32 products. Pairs of rows A and B: h = 256 A + B sums lanes times activations;
 * l = B - products sums (x1 + b0)(x0 + b1), where SXTAB16 takes the bytes b out of the lanes and adds the activations at once.
 *
 * Requantising with M and right shift s >= 1 equals SaturatingRoundingDoublingHighMul, RoundingDivideByPOT and the zero point z of
 * TFLM: with a = 2 * sum, SMMLAR gives c + round(a * M / 2^32), c = (2z + 1) << (s - 1), less 1 where the sum is negative (halves
 * round away from zero; where the product then rounds to 0 the 1 is lost in the shift); shifted right by s and saturated.
 * _relu: where the output is clamped at its zero point or above it, what happens to negative sums does not matter.
 */
    .syntax unified
    .thumb

    .equ    UNROLL, 4
    .equ    BLOCK, 90               /* bytes */

/* Stack: what finishing needs, in the order that one LDM takes it. */
    .equ    END, 20
    .equ    X, 24
    .equ    X_END, 28
    .equ    ENTRY, 32
    .equ    FRAME, 36

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

/* One multiplier (r2), start (r3) and shift (r4) for all rows. */
    .macro  finish_tensor v
    .if     RELU
    smmlar  \v, \v, r2, r3
    .else
    add     r7, r3, \v, asr #31
    smmlar  \v, \v, r2, r7
    .endif
    asr     \v, \v, r4
    ssat    \v, #8, \v
    .endm

/* Multipliers at r2, shifts at r4, r3 = 2z + 1. */
    .macro  finish_channels v
    ldr     r7, [r2], #4
    ldrsb   r8, [r4], #1
    lsl     r9, r3, r8
    asr     r9, r9, #1
    .if     !RELU
    add     r9, r9, \v, asr #31
    .endif
    smmlar  \v, \v, r7, r9
    asr     \v, \v, r8
    ssat    \v, #8, \v
    .endm

    .macro  function name, kind, relu
    .set    RELU, \relu
    .section .text.tl_fours_\name, "ax", %progbits
    .balign 4
    .global tl_fours_\name
    .type   tl_fours_\name, %function
    .thumb_func
tl_fours_\name:
    push    {r4-r11, lr}
    sub     sp, #FRAME
    ldm     r0, {r1-r9}             /* x, x_end, rows, y, groups, products, multiplier, right, zero */
    strd    r1, r2, [sp, #X]
    sub     r10, r2, r1             /* bytes of x: 16 a block */
    lsl     r11, r10, #1
    add     r11, #16
    mla     r11, r5, r11, r3
    str     r11, [sp, #END]
    lsr     r10, #4
    rsb     r10, #0
    and     r10, #UNROLL - 1        /* blocks to leave out the first time */
    mov     r11, #BLOCK
    adr     r12, .Lloop_\name
    mla     r10, r10, r11, r12
    orr     r10, #1
    str     r10, [sp, #ENTRY]
    strd    r6, r4, [sp, #12]
    mov     r1, r3
    .ifc    \kind, tensor
    ldr     r7, [r7]
    ldrsb   r8, [r8]
    lsl     r9, r8
    asr     r9, #1
    .endif
    strd    r7, r9, [sp]
    str     r8, [sp, #8]

.Lgroup_\name:
    ldr     r0, [sp, #X]
    ldm     r1!, {r10, r11, r12, lr}
    ldr     pc, [sp, #ENTRY]
    .balign 4
.Lloop_\name:
    .rept   UNROLL
    block
    .endr
    ldr     r6, [sp, #X_END]
    cmp     r0, r6
    bne     .Lloop_\name

    ldm     sp, {r2-r6}             /* multiplier, start or zero, shift, products, y */
    sub     r11, r11, r5
    sub     lr, lr, r5
    sub     r10, r10, r11
    sub     r12, r12, lr
    .ifc    \kind, sums
    asr     r10, r10, #8
    asr     r12, r12, #8
    stm     r6!, {r10, r11, r12, lr}
    .else
    asr     r10, r10, #7
    lsl     r11, r11, #1
    asr     r12, r12, #7
    lsl     lr, lr, #1
    finish_\kind r10
    finish_\kind r11
    finish_\kind r12
    finish_\kind lr
    strb    r11, [r6, #1]
    strb    r12, [r6, #2]
    strb    lr, [r6, #3]
    strb    r10, [r6], #4
    .endif
    .ifc    \kind, channels
    str     r2, [sp]
    str     r4, [sp, #8]
    .endif
    str     r6, [sp, #16]
    ldr     r7, [sp, #END]
    cmp     r1, r7
    bne     .Lgroup_\name
    add     sp, #FRAME
    pop     {r4-r11, pc}
    .size   tl_fours_\name, . - tl_fours_\name
    .endm

    function tensor, tensor, 0
    function tensor_relu, tensor, 1
    function channels, channels, 0
    function channels_relu, channels, 1
    function sums, sums, 0
