/* void tl_vector_nibbles(const int8_t *x, const int8_t *x_end, const uint8_t *w, int32_t *sums, int32_t groups)
 *
 * Adds to the sums of `groups` times four rows of int4 weights, packed as compiler/packing/nibble_vectors.py has it, their products with
 * x, a multiple of 32: 23 instructions for 128 of them. Products are 16 times too large until the end.
 */
    .syntax unified
    .thumb

    .macro  row sum
    vldrb.8 q2, [r2], #16
    vshl.i8 q4, q2, #4
    vmladava.s8 \sum, q0, q4
    vand    q2, q2, q3
    vmladava.s8 \sum, q1, q2
    .endm

    .macro  add_to sum
    ldr     r12, [r3]
    add     r12, r12, \sum, asr #4
    str     r12, [r3], #4
    .endm

    .section .text.tl_vector_nibbles, "ax", %progbits
    .balign 4
    .global tl_vector_nibbles
    .type   tl_vector_nibbles, %function
    .thumb_func
tl_vector_nibbles:
    push    {r4-r10, lr}
    vpush   {d8-d9}
    ldr     r5, [sp, #48]
    sub     r7, r1, r0
    lsr     r7, r7, #5
    vmov.i8 q3, #0xf0
1:  mov     r9, r0
    mov     r4, #0
    mov     r6, #0
    mov     r8, #0
    mov     r10, #0
    dls     lr, r7
2:  vldrb.8 q0, [r9], #16
    vldrb.8 q1, [r9], #16
    row     r4
    row     r6
    row     r8
    row     r10
    le      lr, 2b
    add_to  r4
    add_to  r6
    add_to  r8
    add_to  r10
    subs    r5, r5, #1
    bne     1b
    vpop    {d8-d9}
    pop     {r4-r10, pc}
    .size   tl_vector_nibbles, . - tl_vector_nibbles
