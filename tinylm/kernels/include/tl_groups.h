/* Groups of four packed rows times one vector of activations: what all packings share, for assembly files that define:
 *   WEIGHT_BITS      8 or 4
 *   BLOCK            bytes of code of one `block`
 *   UNROLL           blocks in the loop, a power of 2
 *   SECOND, THIRD    registers where `unmix` leaves the second and third row; the first is in r10, the fourth in lr
 *   block            macro: 8 activations at r0 times the weights at r1, both moved on, into r10, r11, r12, lr; may use r2 to r9
 *   unmix times      macro: `times` (1, 2, 256) the sums of the rows from r10, r11, r12, lr, and r5: products, with int8 weights `times`
 *                    them, r7: sum; may use r8, r9
 *
 * Requantising with M and right shift s >= 1 equals SaturatingRoundingDoublingHighMul, RoundingDivideByPOT and the zero point z of
 * TFLM: with a = 2 * sum, SMMLAR gives c + round(a * M / 2^32), c = (2z + 1) << (s - 1), less 1 where the sum is negative (halves
 * round away from zero; where the product then rounds to 0 the 1 is lost in the shift); shifted right by s and saturated.
 * _relu: where the output is clamped at its zero point or above it, what happens to negative sums does not matter.
 */
    .syntax unified
    .thumb

/* Stack: what finishing and the next group need, in the order that one LDM takes it. */
    .equ    X, 0
    .equ    FACTOR, 4
    .equ    ZERO, 8
    .equ    SHIFT, 12
    .equ    PRODUCTS, 16
    .equ    Y, 20
    .equ    SUM, 24
    .equ    END, 28
    .equ    X_END, 32
    .equ    ENTRY, 36
    .equ    NEXT, 40
    .equ    FINISH, 44
    .equ    PLACES, 48
    .equ    FRAME, 52

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

/* Factor, start and step in r2, r3 and r4, for all rows: compiler/packing/finish.py. */
    .macro  finish_proved v
    .if     RELU
    smmla   \v, \v, r2, r3
    .else
    and     r7, r4, \v, asr #31
    add     r7, r3
    smmla   \v, \v, r2, r7
    .endif
    ssat    \v, #8, \v, asr #FRACTION
    .endm

/* The same, rounded, where the fraction is TFLM's shift and the step is 1 down. */
    .macro  finish_near v
    add     r7, r3, \v, asr #31
    smmlar  \v, \v, r2, r7
    ssat    \v, #8, \v, asr #FRACTION
    .endm

/* As finish_proved, the fraction bits in r8. */
    .macro  finish_read v
    and     r7, r4, \v, asr #31
    add     r7, r3
    smmla   \v, \v, r2, r7
    asr     \v, \v, r8
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

/* Starts on the group of rows at r1; x in r0. BARE: there are no biases, so two of the starts are 0 and not stored. */
    .macro  group
    .if     BARE
    ldrd    r11, lr, [r1], #8
    mov     r10, #0
    mov     r12, #0
    .else
    ldm     r1!, {r10, r11, r12, lr}
    .endif
    ldr     pc, [sp, #ENTRY]
    .endm

/* What all functions of a packing share: \name\()_start takes a job (r0) and the address of the finishing code (r2, bit 0 set) and leaves
 * multiplier, right and zero in r7 to r9; \name\()_group multiplies a group that was started and goes there. Rows of UNROLL blocks at most need no loop. */
    .macro  groups name
    .section .text.\name\()_groups, "ax", %progbits
    .balign 4
    .global \name\()_start
    .type   \name\()_start, %function
    .thumb_func
\name\()_start:
    str     r2, [sp, #FINISH]
    str     r2, [sp, #NEXT]
    ldm     r0!, {r1-r9}            /* x, x_end, rows, y, groups, products, multiplier, right, zero */
    ldrd    r0, r12, [r0]           /* sum, bytes of a group's starts */
    str     r0, [sp, #SUM]
    str     r1, [sp, #X]
    str     r2, [sp, #X_END]
    sub     r10, r2, r1             /* bytes of x: 16 a block */
    add     r11, r12, r10, lsl #WEIGHT_BITS / 8
    mla     r11, r5, r11, r3
    str     r11, [sp, #END]
    lsr     r10, #4
    cmp     r10, #UNROLL
    adr     r12, .Lloop_\name
    itt     hi
    addhi   r11, r12, #UNROLL * BLOCK + 5 /* .Lmore, and bit 0 */
    strhi   r11, [sp, #NEXT]
    rsb     r10, #0
    and     r10, #UNROLL - 1        /* blocks to leave out the first time */
    mov     r11, #BLOCK
    mla     r10, r10, r11, r12
    orr     r10, #1
    str     r10, [sp, #ENTRY]
    strd    r6, r4, [sp, #PRODUCTS]
    mov     r0, r1
    mov     r1, r3
    bx      lr
    .size   \name\()_start, . - \name\()_start
    .balign 4
    .global \name\()_group
    .type   \name\()_group, %function
    .thumb_func
\name\()_group:
.Lloop_\name:
    .rept   UNROLL
    block
    .endr
    .if     . - .Lloop_\name - UNROLL * BLOCK
    .error  "BLOCK is wrong"
    .endif
    ldr.w   pc, [sp, #NEXT]
    ldr     r4, [sp, #X_END]        /* .Lmore */
    cmp     r0, r4
    bne.w   .Lloop_\name
    ldr     pc, [sp, #FINISH]
    .size   \name\()_group, . - \name\()_group
    .endm

    .macro  function name, kind, relu, fraction=0, suffix, bare
    .set    RELU, \relu
    .set    FRACTION, \fraction
    .set    BARE, 0
    .ifc    \bare, _bare
    .set    BARE, 1
    .endif
    .set    PROVED, 0
    .ifc    \kind, proved
    .set    PROVED, 1
    .endif
    .ifc    \kind, near
    .set    PROVED, 1
    .endif
    .ifc    \kind, read
    .set    PROVED, 1
    .endif
    .set    TIMES, 2 + 254 * PROVED
    .ifc    \kind, sums
    .set    TIMES, 1
    .endif
    .section .text.\name\suffix\bare, "ax", %progbits
    .balign 4
    .global \name\suffix\bare
    .type   \name\suffix\bare, %function
    .thumb_func
\name\suffix\bare:
    push    {r4-r11, lr}
    sub     sp, #FRAME
    adr     r2, .Lfinish_\name\suffix\bare
    orr     r2, #1
    bl      \name\()_start
    .ifc    \kind, tensor
    ldr     r7, [r7]
    ldrsb   r8, [r8]
    lsl     r9, r8
    asr     r9, #1
    .endif
    .if     PROVED
    ldm     r7, {r7, r8, r9, r10}
    strd    r7, r8, [sp, #FACTOR]
    str     r9, [sp, #SHIFT]
    str     r10, [sp, #PLACES]
    .else
    strd    r7, r9, [sp, #FACTOR]
    str     r8, [sp, #SHIFT]
    .endif
    .if     WEIGHT_BITS == 8 && TIMES > 1
    ldr     r7, [sp, #PRODUCTS]
    .if     TIMES == 256
    lsl     r7, r7, #8
    .else
    lsl     r7, r7, #1
    .endif
    str     r7, [sp, #PRODUCTS]
    .endif
    group
    .balign 4
.Lfinish_\name\suffix\bare:
    .if     WEIGHT_BITS == 8
    ldm     sp, {r0, r2-r6}         /* x; multiplier, start or zero, shift or step, products, y */
    .else
    ldm     sp, {r0, r2-r7}         /* and sum */
    .endif
    unmix   TIMES
    .ifc    \kind, sums
    str     SECOND, [r6, #4]
    str     THIRD, [r6, #8]
    str     lr, [r6, #12]
    str     r10, [r6], #16
    .else
    .ifc    \kind, read
    ldr     r8, [sp, #PLACES]
    .endif
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
    str     r2, [sp, #FACTOR]
    str     r4, [sp, #SHIFT]
    .endif
    str     r6, [sp, #Y]
    ldr     r7, [sp, #END]
    cmp     r1, r7
    beq     1f
    group
1:  add     sp, #FRAME
    pop     {r4-r11, pc}
    .size   \name\suffix\bare, . - \name\suffix\bare
    .endm

    .macro  all name
    groups  \name
    .irp    fraction, 9, 11, 13, 15, 17
    function \name, proved, 1, \fraction, _relu_\fraction
    function \name, proved, 0, \fraction, _any_\fraction
    function \name, proved, 1, \fraction, _relu_\fraction, _bare
    function \name, proved, 0, \fraction, _any_\fraction, _bare
    .endr
    .irp    shift, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    function \name, near, 0, \shift, _near_\shift
    .endr
    function \name, read, 0, 0, _read
    function \name, tensor, 0, 0, _tensor
    function \name, tensor, 1, 0, _tensor_relu
    function \name, channels, 0, 0, _channels
    function \name, channels, 1, 0, _channels_relu
    function \name, sums, 0, 0, _sums
    .endm

/* void name(const int8_t *x, int32_t eights, uint32_t *to, job *of): lanes (x0, x2) and (x1, x3) of every four activations; to the job's
 * products the sum of all x0 * x1 + x2 * x3 is added, with int4 weights to its sum 16 times that of all. eights >= 1. */
    .macro  expander name
    .section .text.\name, "ax", %progbits
    .global \name
    .type   \name, %function
    .thumb_func
\name:
    push    {r4-r9, lr}
    ldr     r8, [r3, #20]
    ldr     r9, [r3, #36]
    mov     r12, #0x00100010
1:  ldr     r4, [r0], #4
    ldr     r6, [r0], #4
    sxtb16  r5, r4, ror #8
    sxtb16  r4, r4
    sxtb16  r7, r6, ror #8
    sxtb16  r6, r6
    smlad   r8, r4, r5, r8
    smlad   r8, r6, r7, r8
    .if     WEIGHT_BITS == 4
    smlad   r9, r4, r12, r9
    smlad   r9, r5, r12, r9
    smlad   r9, r6, r12, r9
    smlad   r9, r7, r12, r9
    .endif
    stm     r2!, {r4-r7}
    subs    r1, #1
    bne     1b
    str     r8, [r3, #20]
    str     r9, [r3, #36]
    pop     {r4-r9, pc}
    .size   \name, . - \name
    .endm
