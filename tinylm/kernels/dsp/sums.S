/* See sum_pairs_s8.c; tl_pairs.h has the order of the fields. */
#include "tl_function.h"

    .macro  one byte
    .if     \byte == 3
    asr     r11, r4, #24
    asr     r12, r5, #24
    .else
    sxtb    r11, r4, ror #8 * \byte
    sxtb    r12, r5, ror #8 * \byte
    .endif
    mla     r11, r11, r8, r7
    mla     r11, r12, r9, r11
    asr     r11, r11, r10
    ssat    r11, #8, r11
    strb    r11, [r3, #\byte]
    .endm

    function tl_sum_fours
    push    {r4-r11, lr}
    ldr     lr, [sp, #36]
    ldr     r7, [r0, #4]            /* start */
    add     r0, #16
    ldm     r0, {r8-r10}            /* by1, by2, shift */
1:  ldr     r4, [r1], #4
    ldr     r5, [r2], #4
    .irp    byte, 0, 1, 2, 3
    one     \byte
    .endr
    add     r3, #4
    subs    lr, #1
    bne     1b
    pop     {r4-r11, pc}
    .size   tl_sum_fours, . - tl_sum_fours
