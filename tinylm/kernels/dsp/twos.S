/* Pairs of rows times three vectors of activations, packed as compiler/packing/dual.py has it; and the activations' packing.
 *
 * A block is 4 activations of each vector: 17 instructions for 24 products. h = 256 A + B sums lanes times activations, l = B sums the
 * lanes' low bytes times activations. Requantising: see tl_groups.h.
 */
    .syntax unified
    .thumb

    .equ    UNROLL, 8
    .equ    BLOCK, 62               /* bytes */

/* Stack: what finishing needs, in the order that one LDM takes it. */
    .equ    STEP, 12                /* and y behind it */
    .equ    END, 20
    .equ    X, 24                   /* and x_end behind it */
    .equ    ENTRY, 32
    .equ    FRAME, 36

    .macro  lanes w
    ldm     r0!, {r2-r4}
    smlad   r8, \w, r2, r8
    smlad   r10, \w, r3, r10
    smlad   r12, \w, r4, r12
    sxtb16  \w, \w
    smlad   r9, \w, r2, r9
    smlad   r11, \w, r3, r11
    smlad   lr, \w, r4, lr
    .endm

    .macro  block
    ldm     r1!, {r5, r6}
    lanes   r5
    lanes   r6
    .endm

    .macro  unmix h, l
    sub     \h, \h, \l
    asr     \h, \h, #7
    lsl     \l, \l, #1
    .endm

    .macro  finish v, multiplier, start, shift
    .if     RELU
    smmlar  \v, \v, \multiplier, \start
    .else
    add     r0, \start, \v, asr #31
    smmlar  \v, \v, \multiplier, r0
    .endif
    asr     \v, \v, \shift
    ssat    \v, #8, \v
    .endm

/* One row's three sums; multipliers at r2, shifts at r4, r3 = 2z + 1. */
    .macro  finish_row u, v, w
    ldr     r5, [r2], #4
    ldrsb   r6, [r4], #1
    lsl     r7, r3, r6
    asr     r7, r7, #1
    finish  \u, r5, r7, r6
    finish  \v, r5, r7, r6
    finish  \w, r5, r7, r6
    .endm

    .macro  function name, kind, relu
    .set    RELU, \relu
    .section .text.tl_twos_\name, "ax", %progbits
    .balign 4
    .global tl_twos_\name
    .type   tl_twos_\name, %function
    .thumb_func
tl_twos_\name:
    push    {r4-r11, lr}
    sub     sp, #FRAME
    ldm     r0, {r1-r9}             /* x, x_end, rows, y, step, pairs, multiplier, right, zero */
    strd    r1, r2, [sp, #X]
    strd    r5, r4, [sp, #STEP]
    sub     r10, r2, r1             /* bytes of x: 24 a block */
    mov     r11, #24
    udiv    r10, r10, r11
    add     r11, r10, #1
    lsl     r11, r11, #3            /* bytes of a pair: its two starts, and 8 a block */
    mla     r11, r6, r11, r3
    str     r11, [sp, #END]
    rsb     r10, #0
    and     r10, #UNROLL - 1        /* blocks to leave out the first time */
    mov     r11, #BLOCK
    adr     r12, .Lloop_\name
    mla     r10, r10, r11, r12
    orr     r10, #1
    str     r10, [sp, #ENTRY]
    mov     r1, r3
    .ifc    \kind, tensor
    ldr     r7, [r7]
    ldrsb   r8, [r8]
    lsl     r9, r8
    asr     r9, #1
    .endif
    strd    r7, r9, [sp]
    str     r8, [sp, #8]

.Lpair_\name:
    ldrd    r0, r7, [sp, #X]
    ldm     r1!, {r8, r9}
    mov     r10, r8
    mov     r11, r9
    mov     r12, r8
    mov     lr, r9
    ldr     pc, [sp, #ENTRY]
    .balign 4
.Lloop_\name:
    .rept   UNROLL
    block
    .endr
    cmp     r0, r7
    bne     .Lloop_\name

    .ifc    \kind, sums
    ldr     r6, [sp, #STEP + 4]
    sub     r8, r8, r9
    sub     r10, r10, r11
    sub     r12, r12, lr
    asr     r8, r8, #8
    asr     r10, r10, #8
    asr     r12, r12, #8
    stm     r6!, {r8-r12, lr}
    .else
    unmix   r8, r9
    unmix   r10, r11
    unmix   r12, lr
    .ifc    \kind, tensor
    ldm     sp, {r2-r6}             /* multiplier, start, shift, step, y */
    finish  r8, r2, r3, r4
    finish  r10, r2, r3, r4
    finish  r12, r2, r3, r4
    finish  r9, r2, r3, r4
    finish  r11, r2, r3, r4
    finish  lr, r2, r3, r4
    .else
    ldm     sp, {r2-r4}
    finish_row r8, r10, r12
    finish_row r9, r11, lr
    str     r2, [sp]
    str     r4, [sp, #8]
    ldrd    r5, r6, [sp, #STEP]
    .endif
    add     r0, r6, r5
    strb    r10, [r0]
    strb    r11, [r0, #1]
    add     r0, r0, r5
    strb    r12, [r0]
    strb    lr, [r0, #1]
    strb    r9, [r6, #1]
    strb    r8, [r6], #2
    .endif
    str     r6, [sp, #STEP + 4]
    ldr     r5, [sp, #END]
    cmp     r1, r5
    bne     .Lpair_\name
    add     sp, #FRAME
    pop     {r4-r11, pc}
    .size   tl_twos_\name, . - tl_twos_\name
    .endm

    function tensor, tensor, 0
    function tensor_relu, tensor, 1
    function channels, channels, 0
    function channels_relu, channels, 1
    function sums, sums, 0

/* uint32_t *tl_three(const int8_t *a, const int8_t *b, const int8_t *c, uint32_t *to, int32_t words):
 * for every word of four bytes its lanes (0, 2) of a, b and c, then (1, 3); returns the end. words >= 1. */
    .section .text.tl_three, "ax", %progbits
    .global tl_three
    .type   tl_three, %function
    .thumb_func
tl_three:
    push    {r4-r9, lr}
    ldr     r12, [sp, #28]
1:  ldr     r4, [r0], #4
    ldr     r5, [r1], #4
    ldr     r6, [r2], #4
    sxtb16  r7, r4, ror #8
    sxtb16  r8, r5, ror #8
    sxtb16  r9, r6, ror #8
    sxtb16  r4, r4
    sxtb16  r5, r5
    sxtb16  r6, r6
    stm     r3!, {r4-r9}
    subs    r12, #1
    bne     1b
    mov     r0, r3
    pop     {r4-r9, pc}
    .size   tl_three, . - tl_three
