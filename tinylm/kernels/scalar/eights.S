#ifdef __thumb__
/* Groups of eight rows times one vector of activations, packed as compiler/packing/eights.py has it; then requantised.
 *
 * A word holds one weight of four rows. Its product with an activation, the product of its upper half, and those of both halves' low
 * bytes are summed: 11 instructions for 4 products. The rows are differences of the sums.
 */
#include "tl_thumb_frame.h"

    .equ    UNROLL, 8               /* activations */

/* One activation (r2) times the word w: into the sums of the low row, of all, of the third row, of the upper two. */
    .macro  four w, low, all, third, upper
#if __ARM_ARCH < 7
    uxtb    r5, \w
    muls    r5, r2, r5
    add     \low, r5
    asrs    r5, \w, #16
    muls    \w, r2, \w
    add     \all, \w
    uxtb    \w, r5
    muls    \w, r2, \w
    add     \third, \w
    muls    r5, r2, r5
    add     \upper, r5
#else
    uxtb    r5, \w
    mla     \low, r5, r2, \low
    asrs    r5, \w, #16
    mla     \all, \w, r2, \all
    uxtb    \w, r5
    mla     \third, \w, r2, \third
    mla     \upper, r5, r2, \upper
#endif
    .endm

    .macro  steps from, count
    .set    offset, \from
    .rept   \count
    ldrb    r2, [r0, #offset]
    ldm     r1!, {r3, r4}
    four    r3, r6, r7, r8, r9
    four    r4, r10, r11, r12, lr
    .set    offset, offset + 1
    .endr
    .endm

/* Sums (low, all, third, upper) in r0-r3 -> four rows; correction in r5, 256 times it in r6. */
    .macro  unmix
    lsls    r4, r3, #16
    subs    r1, r1, r4
    subs    r1, r1, r0
    subs    r1, r1, r6
    asrs    r1, r1, #8
    subs    r3, r3, r2
    asrs    r3, r3, #8
    subs    r0, r0, r5
    subs    r2, r2, r5
    .endm

    function tl_eights
    enter
    subs    r3, r3, r2
    adr     r5, .Lloop
    lsls    r3, r3, #29             /* bytes of x modulo 8 */
    beq     1f
    subs    r2, #4
    str     r2, [sp, #X]
    ldr     r5, =.Lhalf
1:  adds    r5, #1                  /* Thumb */
    str     r5, [sp, #ENTRY]
    mov     r1, r7

.Lgroup:
    ldm     r1!, {r2-r7}
    mov     r8, r2
    mov     r9, r3
    mov     r10, r4
    mov     r11, r5
    mov     r12, r6
    mov     lr, r7
    ldm     r1!, {r6, r7}
    ldr     r0, [sp, #X]
    ldr     r3, [sp, #ENTRY]
    bx      r3
    .balign 4
.Lloop:
    steps   0, 4
.Lhalf:
    steps   4, 4
    adds    r0, #UNROLL
    ldr     r3, [sp, #X_END]
    cmp     r0, r3
    beq     .Lsummed
    b       .Lloop

.Lsummed:
    str     r1, [sp, #ROWS]
    ldr     r5, [sp, #CORRECTION]
    mov     r0, r6
    mov     r1, r7
    lsls    r6, r5, #8
    mov     r2, r8
    mov     r3, r9
    unmix
    mov     r8, r0
    mov     r9, r1
    mov     r7, r2
    mov     r0, r10
    mov     r1, r11
    mov     r10, r3
    mov     r2, r12
    mov     r3, lr
    unmix
    push    {r0-r3}
    mov     r0, r8
    mov     r1, r9
    mov     r2, r7
    mov     r3, r10
    push    {r0-r3}

    bl      tl_finish_group
    ldr     r1, [sp, #ROWS]
    ldr     r0, [sp, #LEFT]
    cmp     r0, #0
    ble     4f
    b       .Lgroup
4:  add     sp, #FRAME
    restore_all
    .ltorg
    .size   tl_eights, . - tl_eights
#elif defined(__riscv)
/* The same on RV32. */
#include "tl_riscv_frame.h"

/* One activation (t0) times the word at \offset(a1). */
    .macro  four offset, low, all, third, upper
    lw      t1, \offset(a1)
    andi    t2, t1, 255
    mul     t2, t2, t0
    add     \low, \low, t2
    srai    t2, t1, 16
    mul     t1, t1, t0
    add     \all, \all, t1
    andi    t1, t2, 255
    mul     t1, t1, t0
    add     \third, \third, t1
    mul     t2, t2, t0
    add     \upper, \upper, t2
    .endm

    .macro  step i
    lbu     t0, \i(a0)
    four    8 * \i, t5, t6, a4, a5
    four    8 * \i + 4, a6, a7, t3, t4
    .endm

/* Four sums -> four rows, stored at sp; s2: correction, t0: 256 times that. */
    .macro  unmix offset, low, all, third, upper
    slli    t1, \upper, 16
    sub     \all, \all, t1
    sub     \all, \all, \low
    sub     \all, \all, t0
    srai    \all, \all, 8
    sub     \upper, \upper, \third
    srai    \upper, \upper, 8
    sub     \low, \low, s2
    sub     \third, \third, s2
    sw      \low, \offset(sp)
    sw      \all, \offset + 4(sp)
    sw      \third, \offset + 8(sp)
    sw      \upper, \offset + 12(sp)
    .endm

    function tl_eights
    enter
.Lgroup:
    lw      a4, 0(a1)
    lw      a5, 4(a1)
    lw      a6, 8(a1)
    lw      a7, 12(a1)
    lw      t3, 16(a1)
    lw      t4, 20(a1)
    lw      t5, 24(a1)
    lw      t6, 28(a1)
    addi    a1, a1, 32
    mv      a0, s0
    sub     t0, s1, s0
    andi    t0, t0, 4               /* activations modulo 8 */
    beqz    t0, .Lloop
    addi    a0, a0, -4
    addi    a1, a1, -32
    j       .Lhalf
.Lloop:
    step    0
    step    1
    step    2
    step    3
.Lhalf:
    step    4
    step    5
    step    6
    step    7
    addi    a0, a0, 8
    addi    a1, a1, 64
    beq     a0, s1, 1f
    j       .Lloop
1:  slli    t0, s2, 8
    unmix   0, t5, t6, a4, a5
    unmix   16, a6, a7, t3, t4
    call    tl_finish_group
    blez    s5, 2f
    j       .Lgroup
2:  leave
    .size   tl_eights, . - tl_eights
#endif
