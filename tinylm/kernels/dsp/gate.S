/* h + z (c - h), byte by byte, by tables: 17 instructions each. Finishing of the product: compiler/packing/finish.py. */
    .syntax unified
    .thumb

    .equ    BLOCK, 50               /* bytes */
    .equ    UNROLL, 8

    .macro  block
    ldrb    r4, [r1], #1
    ldrb    r5, [r0], #1
    ldrsb   r6, [r2], #1
    ldrsb   r4, [r8, r4]
    ldrb    r5, [r7, r5]
    sub     r4, r4, r6
    ldr     r4, [r9, r4, lsl #2]
    smulbt  r5, r5, r4
    sxth    r4, r4
    smmla   r5, r5, r11, r4
    ssat    r5, #8, r5, asr #FRACTION
    add     r6, r5
    ldrb    r5, [r10, r6]
    strb    r5, [r3], #1
    .endm

/* void name(const tables *of, const int8_t *z, const int8_t *c, const int8_t *h, int8_t *y, const int8_t *end) */
    .macro  function name, fraction
    .set    FRACTION, \fraction
    .section .text.\name, "ax", %progbits
    .balign 4
    .global \name
    .type   \name, %function
    .thumb_func
\name:
    push    {r4-r11, lr}
    ldm     r0, {r7-r11}            /* tables of z, c, the difference and the sum, factor */
    ldrd    r4, r12, [sp, #36]
    mov     r0, r1
    mov     r1, r2
    mov     r2, r3
    mov     r3, r4
    sub     r4, r3, r12             /* less the bytes to do */
    and     r4, #UNROLL - 1         /* blocks to leave out the first time */
    mov     r5, #BLOCK
    adr     r6, .Lloop_\name
    mla     r4, r4, r5, r6
    orr     r4, #1
    bx      r4
    .balign 4
.Lloop_\name:
    .rept   UNROLL
    block
    .endr
    .if     . - .Lloop_\name - UNROLL * BLOCK
    .error  "BLOCK is wrong"
    .endif
    cmp     r3, r12
    bne     .Lloop_\name
    pop     {r4-r11, pc}
    .size   \name, . - \name
    .endm

    function tl_gates_9, 9
    function tl_gates_13, 13
