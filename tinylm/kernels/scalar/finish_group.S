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
#elif defined(__riscv)
/* Eight sums at sp -> outputs, or the sums themselves, stored at s4; see tl_riscv_frame.h. Loses t0 to t6 and a2. */
#include "tl_riscv_frame.h"

/* t3: multiplier, t4: bits to shift right; t2: half of 2^t4, a2: all ones unless that is 0. */
    .macro  load_finish
    lw      t3, 0(s3)
    lw      t4, 4(s3)
    li      t2, 1
    sll     t2, t2, t4
    srli    t2, t2, 1
    snez    a2, t2
    neg     a2, a2
    add     s3, s3, s9
    .endm

/* TFLM's two roundings, as tl_finish_short has them. */
    .macro  output
    lw      t0, 0(t5)
    slli    t0, t0, 1
    mulh    t1, t0, t3
    mul     t0, t0, t3
    srli    t0, t0, 31
    add     t0, t0, t1
    srai    t1, t0, 31
    and     t1, t1, a2
    add     t0, t0, t1
    add     t0, t0, t2
    sra     t0, t0, t4
    add     t0, t0, s6
    bge     t0, s7, 101f
    mv      t0, s7
101:
    bge     s8, t0, 102f
    mv      t0, s8
102:
    sb      t0, 0(s4)
    addi    s4, s4, 1
    addi    t5, t5, 4
    .endm

    function tl_finish_group
    bltz    s9, .Lsums
    li      t6, 8
    bge     s5, t6, 1f
    mv      t6, s5
1:  slli    t6, t6, 2
    add     t6, t6, sp
    mv      t5, sp
    addi    s5, s5, -8
    load_finish
    bnez    s9, 3f
2:  output
    bne     t5, t6, 2b
    ret
3:  output
    beq     t5, t6, 4f
    load_finish
    j       3b
4:  ret
.Lsums:
    .set    offset, 0
    .rept   8
    lw      t0, offset(sp)
    sw      t0, offset(s4)
    .set    offset, offset + 4
    .endr
    addi    s4, s4, 32
    addi    s5, s5, -8
    ret
    .size   tl_finish_group, . - tl_finish_group
#endif
