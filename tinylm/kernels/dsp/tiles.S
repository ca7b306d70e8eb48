/* Groups of four rows times two vectors of activations, packed as compiler/packing/tiles.py has it; and the activations' packing.
 *
 * A block is 4 activations of each vector: 24 instructions for 32 products. h = 256 A + B sums lanes times activations, l = B sums the
 * lanes' low bytes times activations. Finishing: compiler/packing/finish.py.
 */
    .syntax unified
    .thumb

    .equ    UNROLL, 16
    .equ    BLOCK, 88               /* bytes */

    .equ    X, 0                    /* on the stack: a job as it came, then the addresses of the finishing code and of the first block */
    .equ    X_END, 4
    .equ    END, 12
    .equ    Y, 16                   /* and step behind it */
    .equ    FINISH, 24
    .equ    ENTRY, 28
    .equ    FRAME, 36

/* The first pair of rows: h, l in r6, r7 for the first vector, r8, r9 for the second; the second pair: r10, r11 and r12, lr. */
    .macro  half
    ldm     r0!, {r2, r3}
    ldm     r1!, {r4, r5}
    smlad   r6, r4, r2, r6
    smlad   r8, r4, r3, r8
    sxtb16  r4, r4
    smlad   r10, r5, r2, r10
    smlad   r12, r5, r3, r12
    sxtb16  r5, r5
    smlad   r7, r4, r2, r7
    smlad   r9, r4, r3, r9
    smlad   r11, r5, r2, r11
    smlad   lr, r5, r3, lr
    .endm

    .macro  row_relu first, second, factor, start
    smmla   \first, \first, \factor, \start
    smmla   \second, \second, \factor, \start
    ssat    \first, #8, \first, asr #FRACTION
    ssat    \second, #8, \second, asr #FRACTION
    .endm

    .macro  row_any first, second
    ldm     r1!, {r2-r4}
    and     r5, r4, \first, asr #31
    and     r4, r4, \second, asr #31
    add     r5, r3
    add     r4, r3
    smmla   \first, \first, r2, r5
    smmla   \second, \second, r2, r4
    ssat    \first, #8, \first, asr #FRACTION
    ssat    \second, #8, \second, asr #FRACTION
    .endm

/* What all functions share: tl_tiles_start takes a job (r0) and the address of the finishing code (r7, bit 0 set); tl_tiles_group
 * multiplies a group and goes there. */
    .section .text.tl_tiles_group, "ax", %progbits
    .balign 4
    .global tl_tiles_start
    .type   tl_tiles_start, %function
    .thumb_func
tl_tiles_start:
    ldm     r0, {r1-r6}             /* x, x_end, rows, end, y, step */
    sub     r0, r2, r1              /* 16 bytes a block */
    lsr     r0, #4
    rsb     r0, #0
    and     r0, #UNROLL - 1         /* blocks to leave out the first time */
    mov     r8, #BLOCK
    adr     r9, .Lloop
    mla     r8, r0, r8, r9
    orr     r8, #1
    stm     sp, {r1-r8}
    mov     r1, r3
    .size   tl_tiles_start, . - tl_tiles_start
    .global tl_tiles_group
    .type   tl_tiles_group, %function
    .thumb_func
tl_tiles_group:
    ldm     r1!, {r6, r7, r10, r11}
    mov     r8, r6
    mov     r9, r7
    mov     r12, r10
    mov     lr, r11
    ldr     r0, [sp, #X]
    ldr     pc, [sp, #ENTRY]
    .balign 4
.Lloop:
    .rept   2 * UNROLL
    half
    .endr
    .if     . - .Lloop - UNROLL * BLOCK
    .error  "BLOCK is wrong"
    .endif
    ldr     r2, [sp, #X_END]
    cmp     r0, r2
    bne     .Lloop
    sub     r6, r6, r7              /* 256 A */
    sub     r8, r8, r9
    sub     r10, r10, r11
    sub     r12, r12, lr
    ldr     pc, [sp, #FINISH]
    .size   tl_tiles_group, . - tl_tiles_group

    .macro  function name, kind, fraction
    .set    FRACTION, \fraction
    .section .text.tl_tiles_\name, "ax", %progbits
    .balign 4
    .global tl_tiles_\name
    .type   tl_tiles_\name, %function
    .thumb_func
tl_tiles_\name:
    push    {r4-r11, lr}
    sub     sp, #FRAME
    adr     r7, .Lfinish_\name
    orr     r7, #1
    b.w     tl_tiles_start
    .balign 4
.Lfinish_\name:
    .ifc    \kind, sums
    asr     r6, r6, #8
    asr     r8, r8, #8
    asr     r10, r10, #8
    asr     r12, r12, #8
    ldr     r2, [sp, #Y]
    strd    r6, r7, [r2]
    strd    r10, r11, [r2, #8]
    strd    r8, r9, [r2, #16]
    strd    r12, lr, [r2, #24]
    .else
    lsl     r7, r7, #8
    lsl     r9, r9, #8
    lsl     r11, r11, #8
    lsl     lr, lr, #8
    .ifc    \kind, relu
    ldm     r1!, {r2-r5}
    row_relu r6, r8, r2, r3
    row_relu r7, r9, r4, r5
    ldm     r1!, {r2-r5}
    row_relu r10, r12, r2, r3
    row_relu r11, lr, r4, r5
    .else
    row_any r6, r8
    row_any r7, r9
    row_any r10, r12
    row_any r11, lr
    .endif
    ldrd    r2, r3, [sp, #Y]
    add     r3, r2
    strb    r7, [r2, #1]
    strb    r10, [r2, #2]
    strb    r11, [r2, #3]
    strb    r6, [r2], #4
    strb    r8, [r3]
    strb    r9, [r3, #1]
    strb    r12, [r3, #2]
    strb    lr, [r3, #3]
    str     r2, [sp, #Y]
    ldr     r2, [sp, #END]
    cmp     r1, r2
    bne.w   tl_tiles_group
    .endif
    add     sp, #FRAME
    pop     {r4-r11, pc}
    .size   tl_tiles_\name, . - tl_tiles_\name
    .endm

    function relu_13, relu, 13
    function any_13, any, 13
    function relu_9, relu, 9
    function any_9, any, 9
    function relu_11, relu, 11
    function any_11, any, 11
    function relu_15, relu, 15
    function any_15, any, 15
    function relu_17, relu, 17
    function any_17, any, 17
    function sums, sums, 0

/* void tl_two(const int8_t *x, int32_t second, uint32_t *to, int32_t words, int32_t rows, int32_t pitch, int32_t gap):
 * `rows` runs of `words` words at x, `pitch` bytes apart: of every word its bytes (0, 2) as lanes and those of the word `second` bytes on,
 * then both words' bytes (1, 3); `gap` bytes are left free behind each run. words >= 1. */
    .section .text.tl_two, "ax", %progbits
    .global tl_two
    .type   tl_two, %function
    .thumb_func
tl_two:
    push    {r4-r11, lr}
1:  add     r11, r0, r1
    lsrs    r10, r3, #1
    bcc     2f
    ldr     r5, [r11], #4
    ldr     r4, [r0], #4
    sxtb16  r7, r5, ror #8
    sxtb16  r6, r4, ror #8
    sxtb16  r5, r5
    sxtb16  r4, r4
    stm     r2!, {r4-r7}
    beq     3f
2:  ldr     r5, [r11], #4
    ldr     r9, [r11], #4
    ldr     r4, [r0], #4
    ldr     r8, [r0], #4
    sxtb16  lr, r9, ror #8
    sxtb16  r12, r8, ror #8
    sxtb16  r7, r5, ror #8
    sxtb16  r6, r4, ror #8
    sxtb16  r9, r9
    sxtb16  r8, r8
    sxtb16  r5, r5
    sxtb16  r4, r4
    stm     r2!, {r4-r9, r12, lr}
    subs    r10, #1
    bne     2b
3:  ldrd    r4, r5, [sp, #36]       /* rows, pitch */
    ldr     r6, [sp, #44]           /* gap */
    sub     r0, r0, r3, lsl #2
    add     r0, r5
    add     r2, r6
    subs    r4, #1
    str     r4, [sp, #36]
    bne     1b
    pop     {r4-r11, pc}
    .size   tl_two, . - tl_two
