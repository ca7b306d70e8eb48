/* Vectors of bytes in memory, one behind the other, times one vector of lanes; and their means. Finishing as tl_groups.h has it. */
#include "tl_four.h"
#include "tl_function.h"

/* Twice a sum to its int8 output: multiplier, start and shift in r5 to r7; r9 is lost. */
    .macro  finish v
    add     r9, r6, \v, asr #31
    smmlar  \v, \v, r5, r9
    asr     \v, \v, r7
    ssat    \v, #8, \v
    .endm

/* void tl_dot_rows(const tl_dots *of): two rows at once, of the last odd one twice the same. */
    .equ    Y, 16
    .equ    LEFT, 20
    .equ    SUM, 24
    .equ    FRAME, 28
    function tl_dot_rows
    push    {r4-r11, lr}
    sub     sp, #FRAME
    ldm     r0!, {r2-r8}            /* lanes, multiplier, start, shift, y, rows, what sums start with */
    stm     sp, {r2-r8}
    ldm     r0, {r1, r12, lr}       /* rows, end of lanes, depth */
    mov     r0, r2
1:  ldr     r9, [sp, #LEFT]
    ldr     r3, [sp, #SUM]
    mov     r4, r3
    subs    r9, #2
    str     r9, [sp, #LEFT]
    ite     lt
    movlt   r2, r1
    addge   r2, r1, lr
    tst     lr, #4
    beq     2f
    ldrd    r5, r6, [r0], #8
    ldr     r9, [r1], #4
    ldr     r10, [r2], #4
    four    r3, r9, r5, r6, r11
    four    r4, r10, r5, r6, r11
    cmp     r0, r12
    beq     3f
2:  ldm     r0!, {r5-r8}
    ldrd    r9, r10, [r1], #8
    four    r3, r9, r5, r6, r11
    four    r3, r10, r7, r8, r11
    ldrd    r9, r10, [r2], #8
    four    r4, r9, r5, r6, r11
    four    r4, r10, r7, r8, r11
    cmp     r0, r12
    bne     2b
3:  mov     r1, r2
    ldm     sp, {r0, r5-r8}
    finish  r3
    finish  r4
    strb    r3, [r8], #1
    ldr     r9, [sp, #LEFT]
    cmp     r9, #0
    it      ge
    strbge  r4, [r8], #1
    str     r8, [sp, #Y]
    bgt     1b
    add     sp, #FRAME
    pop     {r4-r11, pc}
    .size   tl_dot_rows, . - tl_dot_rows

/* The bytes of one row times the lane of its share, b or t, onto the sums r4 to r7. */
    .macro  share bytes, shares, lane
    sxtb16  r10, \bytes
    sxtb16  \bytes, \bytes, ror #8
    smlab\lane r4, r10, \shares, r4
    smlab\lane r5, \bytes, \shares, r5
    smlat\lane r6, r10, \shares, r6
    smlat\lane r7, \bytes, \shares, r7
    .endm

/* void tl_mean_rows(const tl_shares *of): four columns and four rows at once. */
    .equ    MULTIPLIER, 8
    .equ    MEANS, 20
    .equ    FRAME, 28
    function tl_mean_rows
    push    {r4-r11, lr}
    sub     sp, #FRAME
    ldm     r0!, {r2-r8}            /* shares, rows, multiplier, start, shift, y, its end */
    stm     sp, {r2-r8}
    ldm     r0, {r2, r11, lr}       /* bytes of a row, end of shares, bytes from four shares to the next */
1:  ldrd    r0, r1, [sp]
    add     r3, r1, #4
    str     r3, [sp, #4]
    mov     r4, #0
    mov     r5, #0
    mov     r6, #0
    mov     r7, #0
2:  ldr     r3, [r0]
    ldr     r12, [r0, #4]
    ldr     r8, [r1]
    ldr     r9, [r1, r2, lsl #1]
    add     r0, lr
    add     r1, r2
    share   r8, r3, b
    share   r9, r3, t
    ldr     r8, [r1]
    ldr     r9, [r1, r2, lsl #1]
    add     r1, r2
    add     r1, r1, r2, lsl #1
    share   r8, r12, b
    share   r9, r12, t
    cmp     r0, r11
    bne     2b
    lsl     r0, r4, #1
    lsl     r1, r5, #1
    lsl     r3, r6, #1
    lsl     r4, r7, #1
    add     r5, sp, #MULTIPLIER
    ldm     r5, {r5-r8, r12}
    finish  r0
    finish  r1
    finish  r3
    finish  r4
    strb    r1, [r8, #1]
    strb    r3, [r8, #2]
    strb    r4, [r8, #3]
    strb    r0, [r8], #4
    str     r8, [sp, #MEANS]
    cmp     r8, r12
    bne     1b
    add     sp, #FRAME
    pop     {r4-r11, pc}
    .size   tl_mean_rows, . - tl_mean_rows
