/* void tl_vector_sums(const int8_t *x, const int8_t *w, int32_t depth, int32_t *sums, int32_t stride, int32_t groups)
 *
 * Adds to the sums of `groups` times four rows of weights, `stride` bytes apart, their products with x: 10 instructions for 64 of them.
 * Loads stop with the depth (tail predication).
 */
    .syntax unified
    .thumb

    .equ    NEXT, 0
    .equ    STRIDE, 44
    .equ    GROUPS, 48

    .section .text.tl_vector_sums, "ax", %progbits
    .balign 4
    .global tl_vector_sums
    .type   tl_vector_sums, %function
    .thumb_func
tl_vector_sums:
    push    {r4-r11, lr}
    sub     sp, #8
    ldr     r12, [sp, #GROUPS]
1:  ldr     r11, [sp, #STRIDE]
    add     r5, r1, r11
    add     r7, r5, r11
    add     r9, r7, r11
    add     r11, r11, r9
    str     r11, [sp, #NEXT]
    mov     r11, r0
    ldrd    r4, r6, [r3]
    ldrd    r8, r10, [r3, #8]
    wlstp.8 lr, r2, 3f
2:  vldrb.8 q0, [r11], #16
    vldrb.8 q1, [r1], #16
    vmladava.s8 r4, q0, q1
    vldrb.8 q2, [r5], #16
    vmladava.s8 r6, q0, q2
    vldrb.8 q1, [r7], #16
    vmladava.s8 r8, q0, q1
    vldrb.8 q2, [r9], #16
    vmladava.s8 r10, q0, q2
    letp    lr, 2b
3:  strd    r4, r6, [r3], #8
    strd    r8, r10, [r3], #8
    ldr     r1, [sp, #NEXT]
    subs    r12, r12, #1
    bne     1b
    add     sp, #8
    pop     {r4-r11, pc}
    .size   tl_vector_sums, . - tl_vector_sums

/* void tl_vector_taps(const int8_t *const *at, const int8_t *w, int32_t channels, int32_t *sums, int32_t n, int32_t taps)
 *
 * Adds to sixteen sums the products of a depthwise convolution: of every tap sixteen activations, n behind where at points to, and as
 * many weights, `channels` further on for each tap. 16 instructions for 16 products.
 */
    .section .text.tl_vector_taps, "ax", %progbits
    .balign 4
    .global tl_vector_taps
    .type   tl_vector_taps, %function
    .thumb_func
tl_vector_taps:
    push    {r4-r6, lr}
    vpush   {d8-d15}
    ldrd    r4, lr, [sp, #80]
    vld40.32 {q0, q1, q2, q3}, [r3]
    vld41.32 {q0, q1, q2, q3}, [r3]
    vld42.32 {q0, q1, q2, q3}, [r3]
    vld43.32 {q0, q1, q2, q3}, [r3]
    dls     lr, lr
1:  ldr     r6, [r0], #4
    add     r6, r6, r4
    vldrb.8 q4, [r6]
    vldrb.8 q5, [r1]
    add     r1, r1, r2
    vmullb.s8 q6, q4, q5            /* even channels */
    vmullt.s8 q7, q4, q5            /* odd ones */
    vmovlb.s16 q4, q6
    vmovlt.s16 q5, q6
    vadd.i32 q0, q0, q4
    vadd.i32 q2, q2, q5
    vmovlb.s16 q4, q7
    vmovlt.s16 q5, q7
    vadd.i32 q1, q1, q4
    vadd.i32 q3, q3, q5
    le      lr, 1b
    vst40.32 {q0, q1, q2, q3}, [r3]
    vst41.32 {q0, q1, q2, q3}, [r3]
    vst42.32 {q0, q1, q2, q3}, [r3]
    vst43.32 {q0, q1, q2, q3}, [r3]
    vpop    {d8-d15}
    pop     {r4-r6, pc}
    .size   tl_vector_taps, . - tl_vector_taps
