/* Depthwise 3 x 3: two output rows (with stride 2 one) of some channels, two columns at once, from words that hold two input rows of one
 * channel.
 *
 * A column has for each of four channels SLOTS words, of input rows (0, 1), (2, 3), ... For each column of taps u = (w0, w1) and
 * v = (w1, w2): the upper output row sums r0 w0 + r1 w1 + r2 w2 = u . (r0, r1) + top(v) r2, the lower one bottom(u) r1 + v . (r2, r3): 4
 * instructions for 6 products. Weights and bias are taken 256 times; finishing: compiler/packing/finish.py.
 */
    .syntax unified
    .thumb

    .equ    FRACTION, 11
    .equ    ANY, 0
    .equ    RELU, 1
    .equ    EACH, 2

/* Stack: of a channel bias, factor, start, step, fraction and the last column's taps; then a job as it came, less its first words. */
    .equ    FACTOR, 4
    .equ    STEP, 12
    .equ    OWN_FRACTION, 16
    .equ    LAST_TAPS, 20
    .equ    ROW_STEP, 28            /* and the column step behind it */
    .equ    PAIR_STEP, 36
    .equ    LENGTH, 40              /* bytes of x to the last column that is to be computed */
    .equ    ROWS, 44                /* bytes of x to the end of the rows */
    .equ    CHANNELS, 48
    .equ    NEXT, 52
    .equ    X, 56                   /* and y behind it */
    .equ    ROW, 64                 /* x and y of the row at hand */
    .equ    END, 72
    .equ    ROWS_END, 76
    .equ    FRAME, 84

    .macro  upper sum, u, v, from
    smlad   \sum, r8, \u, \from
    smlabt  \sum, r9, \v, \sum
    .endm

    .macro  lower sum, u, v, from
    .if     STRIDE == 1
    smlatb  \sum, r8, \u, \from
    smlad   \sum, r9, \v, \sum
    .endif
    .endm

    .macro  scale sum
    .if     KIND == RELU
    smmla   \sum, \sum, r8, r9
    .else
    and     r7, r6, \sum, asr #31
    add     r7, r9
    smmla   \sum, \sum, r8, r7
    .endif
    .endm

    .macro  saturate sum
    .if     KIND == EACH
    asr     \sum, \sum, r8
    ssat    \sum, #8, \sum
    .else
    ssat    \sum, #8, \sum, asr #FRACTION
    .endif
    .endm

/* Kinds: RELU has no step, EACH a fraction of its own for every channel. */
    .macro  finish sums:vararg
    .if     KIND != RELU
    ldr     r6, [sp, #STEP]
    .endif
    ldrd    r8, r9, [sp, #FACTOR]
    .irp    sum, \sums
    scale   \sum
    .endr
    .if     KIND == EACH
    ldr     r8, [sp, #OWN_FRACTION]
    .endif
    .irp    sum, \sums
    saturate \sum
    .endr
    .if     KIND != RELU
    ldrd    r6, r7, [sp, #LAST_TAPS]
    .endif
    ldrd    r8, r9, [sp, #ROW_STEP]
    .endm

    .macro  function name, kind, stride, slots
    .set    KIND, \kind
    .set    STRIDE, \stride
    .set    COLUMN, 16 * \slots
    .section .text.\name, "ax", %progbits
    .balign 4
    .global \name
    .type   \name, %function
    .thumb_func
\name:
    push    {r4-r11, lr}
    sub     sp, #FRAME
    ldm     r0, {r1-r9}             /* row step, column step, pair step, length, rows, channels, next, x, y */
    add     r0, sp, #ROW_STEP
    stm     r0, {r1-r9}
.Lchannel_\name:
    ldr     r0, [sp, #NEXT]
    ldm     r0!, {r2-r7}
    ldm     r0!, {r8-r12}
    str     r0, [sp, #NEXT]
    stm     sp, {r8-r12}
    strd    r6, r7, [sp, #LAST_TAPS]
    ldrd    r0, r1, [sp, #X]
    ldr     r8, [sp, #ROWS]
    add     r8, r0
    str     r8, [sp, #ROWS_END]
.Lrow_\name:
    ldr     r8, [sp, #LENGTH]
    strd    r0, r1, [sp, #ROW]
    add     r8, r0
    str     r8, [sp, #END]
.Ltwo_\name:
    ldr     lr, [sp]
    ldrd    r8, r9, [r0]
    upper   r10, r2, r3, lr
    lower   r11, r2, r3, lr
    ldrd    r8, r9, [r0, #COLUMN]
    upper   r10, r4, r5, r10
    lower   r11, r4, r5, r11
    .if     STRIDE == 1
    upper   r12, r2, r3, lr
    lower   lr, r2, r3, lr
    .endif
    ldrd    r8, r9, [r0, #2 * COLUMN]
    upper   r10, r6, r7, r10
    lower   r11, r6, r7, r11
    .if     STRIDE == 1
    upper   r12, r4, r5, r12
    lower   lr, r4, r5, lr
    ldrd    r8, r9, [r0, #3 * COLUMN]
    upper   r12, r6, r7, r12
    lower   lr, r6, r7, lr
    finish  r10, r11, r12, lr
    strb    r11, [r1, r8]           /* first: where there is no lower row its step is 0 and the upper one goes over it */
    strb    r10, [r1]
    add     r1, r9
    strb    lr, [r1, r8]
    .else
    upper   r12, r2, r3, lr
    ldrd    r8, r9, [r0, #3 * COLUMN]
    upper   r12, r4, r5, r12
    ldrd    r8, r9, [r0, #4 * COLUMN]
    upper   r12, r6, r7, r12
    finish  r10, r12
    strb    r10, [r1]
    add     r1, r9
    .endif
    strb    r12, [r1]
    add     r1, r9
    ldr     r8, [sp, #END]
    add     r0, #2 * STRIDE * COLUMN
    cmp     r0, r8
    blo     .Ltwo_\name
    bhi     .Ldone_\name

    ldr     r11, [sp]               /* the last of an odd number of columns */
    ldrd    r8, r9, [r0]
    upper   r10, r2, r3, r11
    lower   r11, r2, r3, r11
    ldrd    r8, r9, [r0, #COLUMN]
    upper   r10, r4, r5, r10
    lower   r11, r4, r5, r11
    ldrd    r8, r9, [r0, #2 * COLUMN]
    upper   r10, r6, r7, r10
    lower   r11, r6, r7, r11
    finish  r10, r11
    .if     STRIDE == 1
    strb    r11, [r1, r8]
    .endif
    strb    r10, [r1]
.Ldone_\name:
    ldrd    r0, r1, [sp, #ROW]
    ldr     r8, [sp, #PAIR_STEP]
    ldr     r9, [sp, #ROWS_END]
    add     r0, #4
    add     r1, r8
    cmp     r0, r9
    bne     .Lrow_\name

    ldrd    r0, r1, [sp, #X]        /* the next channel: a byte on in y */
    add     r0, #COLUMN / 4
    add     r1, #1
    strd    r0, r1, [sp, #X]
    ldr     r2, [sp, #CHANNELS]
    subs    r2, #1
    str     r2, [sp, #CHANNELS]
    bne     .Lchannel_\name
    add     sp, #FRAME
    pop     {r4-r11, pc}
    .size   \name, . - \name
    .endm

    .macro  functions word, kind
    function tl_three_\word\()_1_4, \kind, 1, 4
    function tl_three_\word\()_1_8, \kind, 1, 8
    function tl_three_\word\()_1_16, \kind, 1, 16
    function tl_three_\word\()_2_4, \kind, 2, 4
    function tl_three_\word\()_2_8, \kind, 2, 8
    .endm
    functions relu, RELU
    functions any, ANY
    functions each, EACH

/* void tl_two_rows(const int8_t *upper, const int8_t *lower, uint32_t *to, int32_t columns, const int32_t steps[3]):
 * for every column the words (upper, lower) of four channels, steps[2] bytes apart; columns are four times that apart. */
    .section .text.tl_two_rows, "ax", %progbits
    .global tl_two_rows
    .type   tl_two_rows, %function
    .thumb_func
tl_two_rows:
    push    {r4-r11, lr}
    ldr     r9, [sp, #36]
    ldm     r9, {r8, r9, r10}
    add     r11, r10, r10, lsl #1
1:  ldr     r4, [r0]
    ldr     r5, [r1]
    add     r0, r8
    add     r1, r9
    sxtb16  r6, r4
    sxtb16  r4, r4, ror #8
    sxtb16  r7, r5
    sxtb16  r5, r5, ror #8
    pkhbt   r12, r6, r7, lsl #16
    pkhbt   lr, r4, r5, lsl #16
    pkhtb   r6, r7, r6, asr #16
    pkhtb   r4, r5, r4, asr #16
    str     r12, [r2]
    str     lr, [r2, r10]
    str     r6, [r2, r10, lsl #1]
    str     r4, [r2, r11]
    add     r2, r2, r10, lsl #2
    subs    r3, #1
    bne     1b
    pop     {r4-r11, pc}
    .size   tl_two_rows, . - tl_two_rows
