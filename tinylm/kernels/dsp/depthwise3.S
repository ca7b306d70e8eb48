/* Depthwise 3 x 3: two output rows of a few channels (with stride 2 one), from words that hold two input rows of one channel.
 *
 * A column has for each of four channels two words, (r0, r1) and (r2, r3). For each column of taps u = (w0, w1) and v = (w1, w2):
 * the upper output row sums r0 w0 + r1 w1 + r2 w2 = u . (r0, r1) + top(v) r2, the lower one bottom(u) r1 + v . (r2, r3): 4
 * instructions for 6 products. Weights are doubled; requantising: see tl_groups.h.
 */
    .syntax unified
    .thumb

/* Stack: bias, shift, y's step by row, by column, end, y, x, channels left, the next channel. */
    .equ    SHIFT, 4
    .equ    ROW_STEP, 8
    .equ    STEP, 12
    .equ    END, 16
    .equ    Y, 20
    .equ    X, 24
    .equ    LEFT, 28
    .equ    NEXT, 32
    .equ    FRAME, 36

    .macro  taps u, v, a, b
    smlad   r10, \a, \u, r10
    smlabt  r10, \b, \v, r10
    .if     STRIDE == 1
    smlatb  r11, \a, \u, r11
    smlad   r11, \b, \v, r11
    .endif
    .endm

    .macro  finish v
    .if     RELU                    /* see tl_groups.h */
    smmlar  \v, \v, r12, lr
    .else
    add     r8, lr, \v, asr #31
    smmlar  \v, \v, r12, r8
    .endif
    .endm

/* a, b: the registers of the words (r0, r1) and (r2, r3) as they come from memory. */
    .macro  columns a, b
1:  ldr     r10, [sp]
    ldrd    r8, r9, [r0], #32 * STRIDE
    .if     STRIDE == 1
    smlatb  r11, \a, r2, r10
    smlad   r11, \b, r3, r11
    .endif
    smlad   r10, \a, r2, r10
    smlabt  r10, \b, r3, r10
    ldrd    r8, r9, [r0, #32 - 32 * STRIDE]
    taps    r4, r5, \a, \b
    ldrd    r8, r9, [r0, #64 - 32 * STRIDE]
    taps    r6, r7, \a, \b
    finish  r10
    .if     STRIDE == 1
    finish  r11
    ldrd    r9, r8, [sp, #SHIFT]
    asr     r11, r11, r9
    ssat    r11, #8, r11
    strb    r11, [r1, r8]           /* first: where there is no lower row its step is 0 and the upper one goes over it */
    .else
    ldr     r9, [sp, #SHIFT]
    .endif
    asr     r10, r10, r9
    ssat    r10, #8, r10
    ldrd    r8, r9, [sp, #STEP]
    strb    r10, [r1]
    add     r1, r8
    cmp     r0, r9
    bne     1b
    .endm

    .macro  channels a, b
3:  ldr     r0, [sp, #NEXT]
    ldm     r0!, {r2-r7, r12, lr}
    ldm     r0!, {r10, r11}
    strd    r10, r11, [sp]
    str     r0, [sp, #NEXT]
    ldrd    r1, r0, [sp, #Y]
    columns \a, \b
    ldrd    r1, r0, [sp, #Y]        /* the next channel: a byte on in y, 8 in x */
    ldr     r3, [sp, #END]
    add     r1, #1
    add     r0, #8
    add     r3, #8
    strd    r1, r0, [sp, #Y]
    ldr     r2, [sp, #LEFT]
    str     r3, [sp, #END]
    subs    r2, #1
    str     r2, [sp, #LEFT]
    bne     3b
    add     sp, #FRAME
    pop     {r4-r11, pc}
    .endm

    .macro  function name, relu, stride
    .set    RELU, \relu
    .set    STRIDE, \stride
    .section .text.\name, "ax", %progbits
    .balign 4
    .global \name
    .type   \name, %function
    .thumb_func
\name:
    push    {r4-r11, lr}
    sub     sp, #FRAME
    ldm     r0, {r1-r8}
    strd    r4, r5, [sp, #ROW_STEP]
    strd    r2, r3, [sp, #END]
    strd    r1, r6, [sp, #X]
    str     r8, [sp, #NEXT]
    cbz     r7, 8f
    b       9f
8:  channels r8, r9
9:  channels r9, r8
    .size   \name, . - \name
    .endm

    function tl_depthwise3, 0, 1
    function tl_depthwise3_relu, 1, 1
    function tl_depthwise3_two, 0, 2
    function tl_depthwise3_two_relu, 1, 2

/* void tl_two_rows(const int8_t *upper, const int8_t *lower, uint32_t *to, int32_t columns, const int32_t steps[2]):
 * for every column the words (upper, lower) of four channels, 8 bytes apart. */
    .section .text.tl_two_rows, "ax", %progbits
    .global tl_two_rows
    .type   tl_two_rows, %function
    .thumb_func
tl_two_rows:
    push    {r4-r9, lr}
    ldr     r9, [sp, #28]
    ldrd    r8, r9, [r9]
1:  ldr     r4, [r0]
    ldr     r5, [r1]
    add     r0, r8
    add     r1, r9
    sxtb16  r6, r4
    sxtb16  r4, r4, ror #8
    sxtb16  r7, r5
    sxtb16  r5, r5, ror #8
    pkhbt   r12, r6, r7, lsl #16
    str     r12, [r2]
    pkhbt   r12, r4, r5, lsl #16
    str     r12, [r2, #8]
    pkhtb   r12, r7, r6, asr #16
    str     r12, [r2, #16]
    pkhtb   r12, r5, r4, asr #16
    str     r12, [r2, #24]
    add     r2, #32
    subs    r3, #1
    bne     1b
    pop     {r4-r9, pc}
    .size   tl_two_rows, . - tl_two_rows
