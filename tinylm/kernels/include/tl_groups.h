/* Groups of four packed rows times one vector of activations: what all packings share, for assembly files that define:
 *   WEIGHT_BITS      8 or 4
 *   BLOCK            bytes of code of one `block`
 *   UNROLL           blocks in the loop, a power of 2
 *   SECOND, THIRD    registers where `unmix` leaves the second and third row; the first is in r10, the fourth in lr
 *   block            macro: 8 activations at r0 times the weights at r1, both moved on, into r10, r11, r12, lr; may use r2 to r9
 *   unmix doubled    macro: the sums of the rows (doubled: twice that) from r10, r11, r12, lr, and r5: products, r7: sum; may use r8, r9
 *
 * Requantising with M and right shift s >= 1 equals SaturatingRoundingDoublingHighMul, RoundingDivideByPOT and the zero point z of
 * TFLM: with a = 2 * sum, SMMLAR gives c + round(a * M / 2^32), c = (2z + 1) << (s - 1), less 1 where the sum is negative (halves
 * round away from zero; where the product then rounds to 0 the 1 is lost in the shift); shifted right by s and saturated.
 * _relu: where the output is clamped at its zero point or above it, what happens to negative sums does not matter.
 */
    .syntax unified
    .thumb

/* Stack: what finishing needs, in the order that one LDM takes it. */
    .equ    SUM, 20
    .equ    END, 24
    .equ    X, 28
    .equ    X_END, 32
    .equ    ENTRY, 36
    .equ    FRAME, 44

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
    .section .text.\name, "ax", %progbits
    .balign 4
    .global \name
    .type   \name, %function
    .thumb_func
\name:
    push    {r4-r11, lr}
    sub     sp, #FRAME
    ldm     r0!, {r1-r9}            /* x, x_end, rows, y, groups, products, multiplier, right, zero */
    ldr     r0, [r0]                /* sum */
    str     r0, [sp, #SUM]
    strd    r1, r2, [sp, #X]
    sub     r10, r2, r1             /* bytes of x: 16 a block */
    lsl     r11, r10, #WEIGHT_BITS / 8
    add     r11, #16                /* bytes of a group: its four starts, and its weights */
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
    ldm     r1!, {r10, r11, r12, lr}
    ldr     r0, [sp, #X]
    ldr     pc, [sp, #ENTRY]
    .balign 4
.Lloop_\name:
    .rept   UNROLL
    block
    .endr
    ldr     r4, [sp, #X_END]
    cmp     r0, r4
    bne     .Lloop_\name

    ldm     sp, {r2-r7}             /* multiplier, start or zero, shift, products, y, sum */
    .ifc    \kind, sums
    unmix   0
    str     SECOND, [r6, #4]
    str     THIRD, [r6, #8]
    str     lr, [r6, #12]
    str     r10, [r6], #16
    .else
    unmix   1
    finish_\kind r10
    finish_\kind SECOND
    finish_\kind THIRD
    finish_\kind lr
    strb    SECOND, [r6, #1]
    strb    THIRD, [r6, #2]
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
    .size   \name, . - \name
    .endm
