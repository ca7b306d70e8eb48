#ifdef __thumb__
/* Depthwise convolution: all channels of one position, see tl_taps.h. Two taps: 10 instructions. */
#include "tl_thumb.h"

    .equ    UNROLL, 5               /* pairs of taps */
    .equ    PAIR, 20                /* bytes */
    .equ    Y, 0
    .equ    COUNT, 4
    .equ    FRAME, 8

    function tl_taps
    save_all
    sub     sp, #FRAME
    ldm     r0!, {r1-r6}            /* taps, taps_end, channels, y, count, skip */
    mov     r12, r1
    mov     lr, r2
    mov     r7, r3
    str     r4, [sp, #Y]
    str     r5, [sp, #COUNT]
    movs    r1, #PAIR
    muls    r6, r1, r6
    adr     r1, .Lloop
    adds    r6, r6, r1
    adds    r6, #1                  /* Thumb */
    mov     r11, r6
    ldm     r0!, {r1-r3}            /* zero point, bounds */
    mov     r8, r1
    mov     r9, r2
    mov     r10, r3
    movs    r6, #0

.Lchannel:
    ldm     r7!, {r4}
    mov     r0, r12
    bx      r11
    .balign 4
.Lloop:
    .rept   UNROLL
    ldm     r0!, {r1, r2}
    ldrsb   r1, [r1, r6]
    ldrsb   r2, [r2, r6]
    ldm     r7!, {r3}
    sxth    r5, r3
    asrs    r3, r3, #16
    muls    r1, r5, r1
    muls    r2, r3, r2
    adds    r4, r4, r1
    adds    r4, r4, r2
    .endr
    cmp     r0, lr
    bne     .Lloop
    movs    r0, r4
    ldm     r7!, {r3, r5}
    split_multiplier
    finish
    ldr     r1, [sp, #Y]
    strb    r0, [r1, r6]
    adds    r6, #1
    ldr     r1, [sp, #COUNT]
    cmp     r6, r1
    bne     .Lchannel
    add     sp, #FRAME
    restore_all
    .size   tl_taps, . - tl_taps
#endif
