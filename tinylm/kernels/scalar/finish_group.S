#ifdef __thumb__
/* Eight sums on the stack, above them the frame of tl_thumb_frame.h -> int8 outputs (or the sums themselves), stored; the sums are taken off. */
#include "tl_thumb_frame.h"

    .macro  next_output
    strb    r0, [r6]
    adds    r6, #1
    .endm

    function tl_finish_group
    ldr     r6, [sp, #SUMS + Y]
    ldr     r7, [sp, #SUMS + STEP]
    cmp     r7, #0
    blt     .Lsums
    ldr     r0, [sp, #SUMS + LIMITS]
    ldm     r0!, {r1-r3}
    mov     r8, r1
    mov     r9, r2
    mov     r10, r3
    ldr     r0, [sp, #SUMS + LEFT]
    cmp     r0, #8
    ble     1f
    movs    r0, #8
1:  lsls    r0, r0, #2
    mov     r1, sp
    adds    r1, r1, r0
    mov     r11, r1                 /* end of the sums in use */
    add     r1, sp, #SUMS
    mov     r12, r1
    cmp     r7, #0
    beq     .Ltensor

    ldr     r7, [sp, #SUMS + FINISH]
2:  ldm     r7!, {r3, r5}
    split_multiplier
    pop     {r0}
    finish
    next_output
    cmp     sp, r11
    bne     2b
    mov     sp, r12
    str     r7, [sp, #FINISH]
    b       4f

.Ltensor:
    ldr     r7, [sp, #SUMS + FINISH]
    ldm     r7!, {r3, r5}
    split_multiplier
3:  pop     {r0}
    finish
    next_output
    cmp     sp, r11
    bne     3b
    mov     sp, r12
    b       4f

.Lsums:
    pop     {r0-r3}
    stm     r6!, {r0-r3}
    pop     {r0-r3}
    stm     r6!, {r0-r3}

4:  str     r6, [sp, #Y]
    ldr     r0, [sp, #LEFT]
    subs    r0, #8
    str     r0, [sp, #LEFT]
    bx      lr
    .size   tl_finish_group, . - tl_finish_group
#endif
