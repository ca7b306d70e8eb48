/* Depthwise at one place, the window moved on: whole groups of four channels with one way of finishing, see causal_short_s8.c. */
#include "tl_function.h"

    .equ    Y, 12
    .equ    Y_END, 16
    .equ    BEHIND, 20
    .equ    FRAME, 28

/* Four channels in a register times two words of weights at r1, onto the sums in r4 to r7. */
    .macro  tap word
    ldrd    r10, r11, [r1], #8
    sxtb16  r9, \word
    sxtb16  \word, \word, ror #8
    smlabb  r4, r9, r10, r4
    smlabb  r5, \word, r11, r5
    smlatt  r6, r9, r10, r6
    smlatt  r7, \word, r11, r7
    .endm

/* As tl_groups.h has it, of twice a sum: multiplier, start and shift in r8 to r10. */
    .macro  finish v
    add     r12, r9, \v, asr #31
    smmlar  \v, \v, r8, r12
    asr     \v, \v, r10
    ssat    \v, #8, \v
    .endm

/* The sums to y; the flags say whether that was the last. */
    .macro  put
    ldm     sp, {r8-r11}
    finish  r4
    finish  r5
    finish  r6
    finish  r7
    strb    r5, [r11, #1]
    strb    r6, [r11, #2]
    strb    r7, [r11, #3]
    strb    r4, [r11], #4
    str     r11, [sp, #Y]
    ldr     r12, [sp, #Y_END]
    cmp     r11, r12
    .endm

/* void tl_causal_groups(const job *j), see causal_short_s8.c. */
    function tl_causal_groups
    push    {r4-r11, lr}
    sub     sp, #FRAME
    ldm     r0!, {r1-r6}            /* multiplier, start, shift, y, its end, bytes behind the first row */
    stm     sp, {r1-r6}
    ldm     r0, {r0-r3, lr}         /* x, groups, channels, what is added to where x lies, now */
    ldr     r4, [sp, #BEHIND]
    cmp     r4, r2, lsl #1
    beq     4f

1:  ldm     r1!, {r4-r7}
    ldr     r8, [r0]
    ldr     r12, [sp, #BEHIND]
    add     r12, r0                 /* x's last row */
    tap     r8
    cmp     r0, r12
    beq     3f
2:  add     r0, r0, r2
    ldr     r8, [r0]
    str     r8, [r0, r3]
    tap     r8
    cmp     r0, r12
    bne     2b
3:  add     r0, r0, r2
    ldr     r8, [lr], #4
    str     r8, [r0, r3]
    tap     r8
    ldr     r12, [sp, #BEHIND]
    sub     r0, r0, r2
    sub     r0, r0, r12
    add     r0, #4
    put
    bne     1b
    b       5f

4:  ldm     r1!, {r4-r7}            /* three rows and now */
    ldr     r8, [r0]
    ldr     r12, [r0, r2]
    add     r0, r0, r2
    str     r12, [r0, r3]
    tap     r8
    tap     r12
    ldr     r8, [r0, r2]
    ldr     r12, [lr], #4
    add     r0, r0, r2
    str     r8, [r0, r3]
    add     r0, r0, r2
    str     r12, [r0, r3]
    tap     r8
    tap     r12
    sub     r0, r0, r2
    sub     r0, r0, r2, lsl #1
    add     r0, #4
    put
    bne     4b
5:  add     sp, #FRAME
    pop     {r4-r11, pc}
    .size   tl_causal_groups, . - tl_causal_groups
