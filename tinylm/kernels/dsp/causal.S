/* Depthwise at one place, the window moved on: whole groups of four channels with one way of finishing, see causal_short_s8.c. */
    .syntax unified
    .thumb

    .equ    Y, 16
    .equ    FRAME, 28

/* Four channels in r8 times two words of weights at r1, onto the sums in r4 to r7. */
    .macro  tap
    ldrd    r10, r11, [r1], #8
    sxtb16  r9, r8
    sxtb16  r8, r8, ror #8
    smlabb  r4, r9, r10, r4
    smlabb  r5, r8, r11, r5
    smlatt  r6, r9, r10, r6
    smlatt  r7, r8, r11, r7
    .endm

/* As tl_groups.h has it, of twice a sum: multiplier, start and shift in r8 to r10. */
    .macro  finish v
    add     r11, r9, \v, asr #31
    smmlar  \v, \v, r8, r11
    asr     \v, \v, r10
    ssat    \v, #8, \v
    .endm

/* void tl_causal_groups(const job *j), see causal_short_s8.c. */
    .section .text.tl_causal_groups, "ax", %progbits
    .balign 4
    .global tl_causal_groups
    .type   tl_causal_groups, %function
    .thumb_func
tl_causal_groups:
    push    {r4-r11, lr}
    sub     sp, #FRAME
    ldm     r0!, {r1-r6}            /* bytes behind the first row, multiplier, start, shift, y, its end */
    stm     sp, {r1-r6}
    ldm     r0, {r0-r3, lr}         /* x, groups, channels, what is added to where x lies, now */
    ldr     r4, [sp]
    add     r12, r0, r4             /* x's last row */

1:  ldm     r1!, {r4-r7}
    ldr     r8, [r0]
    tap
    cmp     r0, r12
    beq     3f
2:  add     r0, r0, r2
    ldr     r8, [r0]
    str     r8, [r0, r3]
    tap
    cmp     r0, r12
    bne     2b
3:  add     r0, r0, r2
    ldr     r8, [lr], #4
    str     r8, [r0, r3]
    tap
    ldm     sp, {r0, r8-r10}
    sub     r0, r12, r0
    add     r0, #4
    add     r12, #4
    finish  r4
    finish  r5
    finish  r6
    finish  r7
    ldrd    r10, r11, [sp, #Y]
    strb    r4, [r10], #1
    strb    r5, [r10], #1
    strb    r6, [r10], #1
    strb    r7, [r10], #1
    str     r10, [sp, #Y]
    cmp     r10, r11
    bne     1b
    add     sp, #FRAME
    pop     {r4-r11, pc}
    .size   tl_causal_groups, . - tl_causal_groups
