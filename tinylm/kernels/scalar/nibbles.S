/* Groups of eight int4 rows times one vector of activations, packed as compiler/packing/nibble_pairs.py has it; then requantised.
 *
 * A word, shifted and masked, gives two weights in two 16-bit fields; a product with an activation is two products.
 */
#ifdef __thumb__
#include "tl_thumb_frame.h"

    .equ    UNROLL, 8               /* activations */
    .equ    BLOCK, CORRECTION       /* bytes of x in a block */
    .equ    MASK, ENTRY

/* One activation (r2 or r7) times the word w. */
    .macro  activation x, w
#if __ARM_ARCH < 7
    movs    r4, \w
    ands    r4, r4, r5
    muls    r4, \x, r4
    add     r8, r4
    lsrs    r4, \w, #4
    ands    r4, r4, r5
    muls    r4, \x, r4
    add     r9, r4
    lsrs    r4, \w, #8
    ands    r4, r4, r5
    muls    r4, \x, r4
    add     r10, r4
    lsrs    \w, \w, #12
    ands    \w, \w, r5
    muls    \w, \x, \w
    add     r11, \w
#else
    and     r4, r5, \w
    mla     r8, r4, \x, r8
    and     r4, r5, \w, lsr #4
    mla     r9, r4, \x, r9
    and     r4, r5, \w, lsr #8
    mla     r10, r4, \x, r10
    and     r4, r5, \w, lsr #12
    mla     r11, r4, \x, r11
#endif
    .endm

/* What a block adds to two rows, at r7; r5: 8 times the sum of x in both halves. */
    .macro  rows sum
    mov     r4, \sum
    subs    r4, r4, r5
    sxth    r3, r4
    subs    r4, r4, r3
    asrs    r4, r4, #16
    ldr     r2, [r7]
    ldr     r6, [r7, #4]
    adds    r3, r3, r2
    adds    r4, r4, r6
    stm     r7!, {r3, r4}
    .endm

    function tl_nibbles
    enter
    mov     r1, r7
    ldr     r5, =0x000f000f
    str     r5, [sp, #MASK]

.Lgroup:
    sub     sp, #SUMS
    mov     r0, sp
    ldm     r1!, {r2-r5}
    stm     r0!, {r2-r5}
    ldm     r1!, {r2-r5}
    stm     r0!, {r2-r5}
    ldr     r0, [sp, #SUMS + X]
.Lblock:
    ldr     r5, [sp, #SUMS + MASK]
    movs    r2, #0
    mov     r8, r2
    mov     r9, r2
    mov     r10, r2
    mov     r11, r2
    ldr     r3, [sp, #SUMS + BLOCK]
    adds    r3, r0, r3
    mov     r12, r3
.Lloop:
    .rept   UNROLL / 2
    ldm     r0!, {r2, r7}
    ldm     r1!, {r3, r6}
    activation r2, r3
    activation r7, r6
    .endr
    cmp     r0, r12
    beq     1f
    b       .Lloop

1:  ldm     r0!, {r2}
    lsls    r5, r2, #16
    adds    r5, r5, r2
    mov     r7, sp
    rows    r8
    rows    r9
    rows    r10
    rows    r11
    ldr     r3, [sp, #SUMS + X_END]
    cmp     r0, r3
    bne     .Lblock_again
    str     r1, [sp, #SUMS + ROWS]
    bl      tl_finish_group
    ldr     r1, [sp, #ROWS]
    ldr     r0, [sp, #LEFT]
    cmp     r0, #0
    ble     2f
    b       .Lgroup
.Lblock_again:
    b       .Lblock
2:  add     sp, #FRAME
    restore_all
    .ltorg
    .size   tl_nibbles, . - tl_nibbles
#elif defined(__riscv)
#include "tl_riscv_frame.h"

    .macro  pair shift, sum
    srli    t2, t1, \shift
    and     t2, t2, a7
    mul     t2, t2, t0
    add     \sum, \sum, t2
    .endm

    .macro  step i
    lw      t0, 4 * \i(a0)
    lw      t1, 4 * \i(a1)
    and     t2, t1, a7
    mul     t2, t2, t0
    add     a3, a3, t2
    pair    4, a4
    pair    8, a5
    pair    12, a6
    .endm

/* What a block adds to two rows, at \offset(sp); t0: 8 times the sum of x in both halves. */
    .macro  rows offset, sum
    sub     \sum, \sum, t0
    slli    t1, \sum, 16
    srai    t1, t1, 16
    sub     \sum, \sum, t1
    srai    \sum, \sum, 16
    lw      t2, \offset(sp)
    lw      t3, \offset + 4(sp)
    add     t1, t1, t2
    add     \sum, \sum, t3
    sw      t1, \offset(sp)
    sw      \sum, \offset + 4(sp)
    .endm

    function tl_nibbles
    enter
    li      a7, 0x000f000f
.Lgroup:
    .set    offset, 0
    .rept   8
    lw      t0, offset(a1)
    sw      t0, offset(sp)
    .set    offset, offset + 4
    .endr
    addi    a1, a1, 32
    mv      a0, s0
.Lblock:
    li      a3, 0
    li      a4, 0
    li      a5, 0
    li      a6, 0
    add     a2, a0, s2              /* where the block ends */
.Lloop:
    step    0
    step    1
    step    2
    step    3
    step    4
    step    5
    step    6
    step    7
    addi    a0, a0, 32
    addi    a1, a1, 32
    bne     a0, a2, .Lloop
    lw      t0, 0(a0)
    addi    a0, a0, 4
    slli    t1, t0, 16
    add     t0, t0, t1
    rows    0, a3
    rows    8, a4
    rows    16, a5
    rows    24, a6
    bne     a0, s1, .Lblock
    call    tl_finish_group
    bgtz    s5, .Lgroup
    leave
    .size   tl_nibbles, . - tl_nibbles
#endif
