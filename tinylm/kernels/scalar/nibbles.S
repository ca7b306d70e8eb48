#ifdef __thumb__
/* Groups of eight int4 rows times one vector of activations, packed as compiler/packing/nibble_pairs.py has it; then requantised.
 *
 * A word, shifted and masked, gives two weights in two 16-bit fields; a product with an activation is two products, below 2^12. Sixteen
 * of them fit a field; then the upper field's sum is added elsewhere. 17 instructions for 8 products.
 */
#include "tl_thumb_frame.h"

    .equ    UNROLL, 16              /* activations: more would not fit a field */

/* Stack, below the frame: the upper sum of pair 0, and what each pair's sum was sixteen activations ago. */
    .equ    UPPER, 0
    .equ    BEFORE, 4
    .equ    MORE, 20

    .macro  pair w, shift, sum
    lsrs    r4, \w, #\shift
    ands    r4, r4, r5
    muls    r4, r2, r4
    add     \sum, r4
    .endm

    .macro  activation offset, w
    ldrb    r2, [r0, #\offset]
    movs    r4, \w
    ands    r4, r4, r5
    muls    r4, r2, r4
    add     r8, r4
    pair    \w, 4, r9
    pair    \w, 8, r10
    lsrs    \w, \w, #12
    ands    \w, \w, r5
    muls    \w, r2, \w
    add     r11, \w
    .endm

/* r3 = what has come into the upper field of a pair's sum since the last time. */
    .macro  arrived index, sum
    ldr     r2, [sp, #BEFORE + 4 * \index]
    mov     r3, \sum
    str     r3, [sp, #BEFORE + 4 * \index]
    subs    r3, r3, r2
    lsrs    r3, r3, #16
    .endm

/* A pair's sum in r2 and its upper sum in r3 -> two rows, at r0; correction in r5, starts at r1. */
    .macro  rows
    lsls    r4, r3, #16
    subs    r2, r2, r4
    subs    r2, r2, r5
    subs    r3, r3, r5
    ldm     r1!, {r4, r6}
    adds    r2, r2, r4
    adds    r3, r3, r6
    stm     r0!, {r2, r3}
    .endm

    function tl_nibbles
    enter
    sub     sp, #MORE
    mov     r1, r7

.Lgroup:
    movs    r2, #0
    movs    r7, #0
    mov     r8, r2
    mov     r9, r2
    mov     r10, r2
    mov     r11, r2
    mov     r12, r2
    mov     lr, r2
    mov     r3, sp
    movs    r4, #0
    movs    r5, #0
    movs    r6, #0
    stm     r3!, {r2, r4-r6}
    str     r2, [r3]
    ldr     r0, [sp, #MORE + X]
    ldr     r5, =0x000f000f
.Lloop:
    .set    offset, 0
    .rept   UNROLL / 2
    ldm     r1!, {r3, r6}
    activation offset, r3
    activation offset + 1, r6
    .set    offset, offset + 2
    .endr
    arrived 0, r8
    ldr     r2, [sp, #UPPER]
    adds    r3, r3, r2
    str     r3, [sp, #UPPER]
    arrived 1, r9
    adds    r7, r7, r3
    arrived 2, r10
    add     r12, r3
    arrived 3, r11
    add     lr, r3
    adds    r0, #UNROLL
    ldr     r3, [sp, #MORE + X_END]
    cmp     r0, r3
    beq     1f
    b       .Lloop

1:  ldr     r3, [sp, #UPPER]
    ldr     r5, [sp, #MORE + CORRECTION]
    add     sp, #MORE
    sub     sp, #SUMS
    mov     r0, sp
    mov     r2, r8
    rows
    mov     r2, r9
    mov     r3, r7
    rows
    mov     r2, r10
    mov     r3, r12
    rows
    mov     r2, r11
    mov     r3, lr
    rows
    str     r1, [sp, #SUMS + ROWS]
    bl      tl_finish_group
    ldr     r1, [sp, #ROWS]
    sub     sp, #MORE
    ldr     r0, [sp, #MORE + LEFT]
    cmp     r0, #0
    ble     2f
    b       .Lgroup
2:  add     sp, #MORE
    add     sp, #FRAME
    restore_all
    .ltorg
    .size   tl_nibbles, . - tl_nibbles
#endif
