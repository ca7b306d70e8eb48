/* Depthwise at one place: all groups of four channels, see depthwise_windows_s8.c. */
#include "tl_function.h"

    .equ    AT, 0
    .equ    FINISH, 4
    .equ    Y_END, 12
    .equ    FRAME, 20

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

/* Of twice a sum: multiplier, start and shift at lr, see tl_groups.h. */
    .macro  finish v
    ldm     lr!, {r8, r9, r10}
    add     r12, r9, \v, asr #31
    smmlar  \v, \v, r8, r12
    asr     \v, \v, r10
    ssat    \v, #8, \v
    .endm

/* void tl_windows_at(const job *j), see depthwise_windows_s8.c. */
    function tl_windows_at
    push    {r4-r11, lr}
    sub     sp, #FRAME
    ldm     r0, {r0, r1, r3, r4, r5, r6} /* at, groups, end, finish, y, its end */
    strd    r0, r4, [sp, #AT]
    strd    r5, r6, [sp, #FINISH + 4]
    mov     r2, #0                  /* the first of four channels */
1:  ldm     r1!, {r4-r7}
2:  ldrd    r8, r12, [r0], #8
    ldr     r8, [r8, r2]
    ldr     r12, [r12, r2]
    tap     r8
    tap     r12
    cmp     r0, r3
    bne     2b
    ldrd    lr, r11, [sp, #FINISH]
    finish  r4
    finish  r5
    finish  r6
    finish  r7
    ldr     r12, [sp, #Y_END]
    ldr     r0, [sp, #AT]
    add     r2, #4
    sub     r12, r11
    cmp     r12, #4
    blo     3f
    strb    r5, [r11, #1]
    strb    r6, [r11, #2]
    strb    r7, [r11, #3]
    strb    r4, [r11], #4
    strd    lr, r11, [sp, #FINISH]
    bhi     1b
    b       4f
3:  strb    r4, [r11]               /* the last group has 1 to 3 channels */
    cmp     r12, #2
    it      hs
    strbhs  r5, [r11, #1]
    it      hi
    strbhi  r6, [r11, #2]
4:  add     sp, #FRAME
    pop     {r4-r11, pc}
    .size   tl_windows_at, . - tl_windows_at
