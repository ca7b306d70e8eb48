/* Groups of four packed rows times one vector of activations: what all packings share, for assembly files that define:
 *   WEIGHT_BITS      8 or 4
 *   BLOCK            bytes of code of one `block`
 *   UNROLL           blocks in the loop, a power of 2
 *   SECOND, THIRD    registers where `unmix` leaves the second and third row; the first is in r10, the fourth in lr
 *   block            macro: 8 activations at r0 times the weights at r1, both moved on, into r10, r11, r12, lr; may use r2 to r9
 *   half             macro: the same for 4 activations
 *   unmix times      macro: `times` (1, 2, 256) the sums of the rows from r10, r11, r12, lr, and r5: products, with int8 weights `times`
 *                    them, r7, with int4 weights: 8 `times` the sum of the activations; may use r4, r9
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
    .equ    PRODUCTS, 12
    .equ    Y, 16
    .equ    SUM, 20                 /* with int4 weights */
    .equ    SHIFT, 28 - WEIGHT_BITS
    .equ    END, 28
    .equ    X_END, 32
    .equ    ENTRY, 36
    .equ    NEXT, 40
    .equ    AFTER, 44
    .equ    FINISH, 48
    .equ    PLACES, 52
    .equ    FRAME, 60

/* One multiplier (r2), start (r3) and shift (r8) for all rows. */
    .macro  finish_tensor v
    .if     RELU
    smmlar  \v, \v, r2, r3
    .else
    add     r7, r3, \v, asr #31
    smmlar  \v, \v, r2, r7
    .endif
    asr     \v, \v, r8
    ssat    \v, #8, \v
    .endm

/* Factor, start and step in r2, r3 and r8, for all rows: compiler/packing/finish.py. */
    .macro  finish_proved v
    .if     RELU
    smmla   \v, \v, r2, r3
    .else
    and     r7, r8, \v, asr #31
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

/* As finish_proved, the fraction bits in r4. */
    .macro  finish_read v
    and     r7, r8, \v, asr #31
    add     r7, r3
    smmla   \v, \v, r2, r7
    asr     \v, \v, r4
    ssat    \v, #8, \v
    .endm

/* Multipliers at r2, shifts at r8, r3 = 2z + 1. */
    .macro  finish_channels v
    ldr     r7, [r2], #4
    ldrsb   r4, [r8], #1
    lsl     r9, r3, r4
    asr     r9, r9, #1
    .if     !RELU
    add     r9, r9, \v, asr #31
    .endif
    smmlar  \v, \v, r7, r9
    asr     \v, \v, r4
    ssat    \v, #8, \v
    .endm

/* What lies at `place` times TIMES, halved once where `half` is 1. */
    .macro  scale place, half
    .if     TIMES != 1 + \half
    ldr     r7, [sp, #\place]
    .if     TIMES == 256
    lsl     r7, #8 - \half
    .elseif TIMES == 2
    lsl     r7, #1
    .else
    asr     r7, #1
    .endif
    str     r7, [sp, #\place]
    .endif
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

/* What all functions of a packing share: \name\()_start takes the layer (r0, a tl_fc_packed), lanes (r1), y (r2) and the address of the
 * finishing code (r3, bit 0 set), sets x and the rows (r0, r1) and leaves multiplier, right and zero point in r5, r6, r10; \name\()_group
 * multiplies a group that was started and goes on to finish it. Rows of UNROLL blocks at most need no loop. */
    .macro  groups name
    .section .text.\name\()_groups, "ax", %progbits
    .balign 4
    .global \name\()_start
    .type   \name\()_start, %function
    .thumb_func
\name\()_start:
    ldm     r0, {r4-r10}            /* rows, multiplier, right, groups, starts, depth, zero point */
    str     r1, [sp, #X]
    str     r2, [sp, #Y]
    str     r3, [sp, #FINISH]
    mov     r0, r1
    lsl     r9, #1                  /* bytes of lanes: 16 a block */
    add     r2, r1, r9
    .if     WEIGHT_BITS == 8
    ldr     r11, [r2]
    str     r11, [sp, #PRODUCTS]
    .else
    ldrd    r11, r12, [r2]
    str     r11, [sp, #PRODUCTS]
    str     r12, [sp, #SUM]
    .endif
    lsl     r11, r9, #WEIGHT_BITS / 8
    add     r11, r11, r8, lsl #2    /* bytes of a group */
    mla     r11, r7, r11, r4
    mov     r1, r4
    adr     r12, .Lloop_\name
    tst     r9, #8
    itt     ne
    subne   r2, #8
    addne   r3, r12, #UNROLL * BLOCK + 17 /* .Lhalf, and bit 0 */
    strd    r11, r2, [sp, #END]     /* and X_END */
    str     r3, [sp, #AFTER]
    lsr     r9, #4
    cmp     r9, #UNROLL
    it      hi
    addhi   r3, r12, #UNROLL * BLOCK + 5 /* .Lmore, and bit 0 */
    rsb     r9, #0
    and     r9, #UNROLL - 1         /* blocks to leave out the first time */
    mov     r11, #BLOCK
    mla     r9, r9, r11, r12
    orr     r9, #1
    strd    r9, r3, [sp, #ENTRY]    /* and NEXT */
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
    ldr.w   pc, [sp, #AFTER]
    half                            /* .Lhalf */
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
    .set    STEPS, 1                /* whether finishing reads SHIFT */
    .ifc    \kind\relu, near0
    .set    STEPS, 0
    .endif
    .ifc    \kind\relu, proved1
    .set    STEPS, 0
    .endif
    .ifc    \kind, sums
    .set    STEPS, 0
    .endif
    .section .text.\name\suffix\bare, "ax", %progbits
    .balign 4
    .global \name\suffix\bare
    .type   \name\suffix\bare, %function
    .thumb_func
\name\suffix\bare:
    push    {r4-r11, lr}
    sub     sp, #FRAME
    adr     r3, .Lfinish_\name\suffix\bare
    orr     r3, #1
    bl      \name\()_start
    .if     PROVED
    ldm     r5, {r7, r8, r9, r10}
    str     r10, [sp, #PLACES]
    .else
    add     r8, r10, r10
    add     r8, #1                  /* 2z + 1 */
    mov     r7, r5
    mov     r9, r6
    .ifc    \kind, tensor
    ldr     r7, [r5]
    ldrsb   r9, [r6]
    lsl     r8, r9
    asr     r8, #1
    .endif
    .endif
    strd    r7, r8, [sp, #FACTOR]
    .if     STEPS
    str     r9, [sp, #SHIFT]
    .endif
    .if     WEIGHT_BITS == 8
    scale   PRODUCTS, 0
    .else
    scale   SUM, 1
    .endif
    group
    .balign 4
.Lfinish_\name\suffix\bare:
    .if     WEIGHT_BITS == 8
    .if     STEPS
    ldm     sp, {r0, r2, r3, r5, r6, r8} /* x; multiplier, start or zero, products, y, shift or step */
    .else
    ldm     sp, {r0, r2, r3, r5, r6}
    .endif
    .elseif STEPS
    ldm     sp, {r0, r2, r3, r5, r6, r7, r8} /* sum after y */
    .else
    ldm     sp, {r0, r2, r3, r5, r6, r7}
    .endif
    unmix   TIMES
    .ifc    \kind, sums
    str     SECOND, [r6, #4]
    str     THIRD, [r6, #8]
    str     lr, [r6, #12]
    str     r10, [r6], #16
    .else
    .ifc    \kind, read
    ldr     r4, [sp, #PLACES]
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
    str     r8, [sp, #SHIFT]
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

/* void name(const int8_t *x, int32_t eights, uint32_t *to, int32_t sums[2]): lanes (x0, x2) and (x1, x3) of every four activations; to
 * the first sum all x0 * x1 + x2 * x3 are added, with int4 weights 16 times all activations to the second. eights >= 1. */
    .macro  expander name
    .section .text.\name, "ax", %progbits
    .global \name
    .type   \name, %function
    .thumb_func
\name:
    push    {r4-r9, lr}
    ldrd    r8, r9, [r3]
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
    strd    r8, r9, [r3]
    pop     {r4-r9, pc}
    .size   \name, . - \name
    .endm
