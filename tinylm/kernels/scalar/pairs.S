#ifdef __thumb__
/* See tl_pairs.h. */
#include "tl_thumb.h"

/* r0 to the bounds in \low and \high, into y at r1 + r7. */
    .macro  put low, high
    cmp     r0, \low
    blt     103f
    cmp     r0, \high
    ble     104f
    mov     r0, \high
    b       104f
103:
    mov     r0, \low
104:
    strb    r0, [r1, r7]
    .endm

/* count, start, low, high -> r4-r7, then pointers behind a, b and y in r5, r6 and r3, and minus the count in r7. */
    .macro  open start, low, high
    ldm     r0!, {r4-r7}
    mov     \start, r5
    mov     \low, r6
    mov     \high, r7
    adds    r5, r1, r4
    adds    r6, r2, r4
    adds    r3, r3, r4
    rsbs    r7, r4, #0
    .endm

    function tl_sum_pairs_s8
    save_all
    open    r8, r9, r10
    mov     r11, r3
    ldm     r0!, {r2-r4}            /* by1, by2, shift */
1:  ldrsb   r0, [r5, r7]
    ldrsb   r1, [r6, r7]
    muls    r0, r2, r0
    muls    r1, r3, r1
    add     r0, r8
    adds    r0, r0, r1
    asrs    r0, r4
    mov     r1, r11
    put     r9, r10
    adds    r7, #1
    bne     1b
    restore_all
    .size   tl_sum_pairs_s8, . - tl_sum_pairs_s8

    function tl_product_pairs_s8
    save_all
    open    r12, r10, r11
    push    {r3}
    ldm     r0!, {r1, r2}           /* zero1, zero2 */
    rsbs    r1, r1, #0
    rsbs    r2, r2, #0
    mov     r8, r1
    mov     r9, r2
    movs    r1, #1
    lsls    r1, r1, #14
    mov     lr, r1
    ldm     r0!, {r2-r4}            /* upper, lower, shift */
1:  ldrsb   r0, [r5, r7]
    ldrsb   r1, [r6, r7]
    add     r0, r8
    add     r1, r9
    muls    r0, r1, r0
    movs    r1, r0
    muls    r0, r2, r0
    muls    r1, r3, r1
    asrs    r1, r1, #15
    adds    r0, r0, r1
    add     r0, lr
    asrs    r0, r0, #15
    asrs    r1, r0, #31
    adds    r0, r0, r1
    add     r0, r12
    asrs    r0, r4
    ldr     r1, [sp]
    put     r10, r11
    adds    r7, #1
    bne     1b
    pop     {r0}
    restore_all
    .size   tl_product_pairs_s8, . - tl_product_pairs_s8
#endif
