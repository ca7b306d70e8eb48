/* Sums of signs by tables, packed as compiler/packing/tables.py has it; then requantised. See fc_tables_s8.c for the arguments. */
#ifdef __thumb__
#include "tl_thumb.h"

    .equ    TABLES, 0
    .equ    SUMS, 4
    .equ    SUMS_END, 8
    .equ    FRAME, 12

    .macro  lookup offset, sum
    ldrb    r2, [r0, #\offset]
    ldrh    r3, [r4, r2]
    add     \sum, r3
    .endm

    .macro  group offset
    lookup  \offset, r8
    lookup  \offset + 1, r9
    lookup  \offset + 2, r10
    lookup  \offset + 3, r11
    lookup  \offset + 4, r12
    lookup  \offset + 5, r5
    lookup  \offset + 6, r6
    lookup  \offset + 7, r7
    adds    r4, r4, r1
    .endm

    function tl_table_sums
    save_all
    ldm     r0!, {r1-r5}            /* indices, tables, their end, sums, their end */
    ldr     r0, [r0]
    sub     sp, #FRAME
    str     r2, [sp, #TABLES]
    str     r4, [sp, #SUMS]
    str     r5, [sp, #SUMS_END]
    mov     lr, r3
    mov     r2, r0
    movs    r0, r1
    movs    r1, r2
    movs    r2, r4
1:  ldm     r2!, {r3-r7}
    mov     r8, r3
    mov     r9, r4
    mov     r10, r5
    mov     r11, r6
    mov     r12, r7
    ldm     r2!, {r5-r7}
    ldr     r4, [sp, #TABLES]
2:  group   0
    group   8
    adds    r0, #16
    cmp     r4, lr
    bne     2b
    ldr     r2, [sp, #SUMS]
    mov     r3, r8
    mov     r4, r9
    stm     r2!, {r3, r4}
    mov     r3, r10
    mov     r4, r11
    stm     r2!, {r3, r4}
    mov     r3, r12
    stm     r2!, {r3, r5-r7}
    str     r2, [sp, #SUMS]
    ldr     r3, [sp, #SUMS_END]
    cmp     r2, r3
    bne     1b
    add     sp, #FRAME
    restore_all
    .size   tl_table_sums, . - tl_table_sums

/* r7: sums; r6: factor and bias; r11: y; lr: the end of the sums. */
    .macro  sum
    ldm     r7!, {r0}
    ldm     r6!, {r1, r2}
    muls    r0, r1, r0
    adds    r0, r0, r2
    .endm

    .macro  next_output
    mov     r1, r11
    strb    r0, [r1]
    adds    r1, #1
    mov     r11, r1
    cmp     r7, lr
    .endm

    function tl_finish_signs
    save_all
    ldm     r0!, {r3-r7}            /* sums, their end, rows, finish, y */
    mov     lr, r4
    mov     r11, r7
    movs    r7, r3
    mov     r12, r6
    movs    r6, r5
    ldm     r0!, {r2-r5}            /* step, zero point, bounds */
    mov     r8, r3
    mov     r9, r4
    mov     r10, r5
    cmp     r2, #0
    beq     .Ltensor
1:  mov     r0, r12
    ldm     r0!, {r3, r5}
    mov     r12, r0
    split_multiplier
    sum
    finish
    next_output
    bne     1b
    restore_all
.Ltensor:
    mov     r0, r12
    ldm     r0!, {r3, r5}
    split_multiplier
2:  sum
    finish
    next_output
    bne     2b
    restore_all
    .size   tl_finish_signs, . - tl_finish_signs
#elif defined(__riscv)
    .macro  two offset, first, second
    lbu     t0, \offset(a1)
    lbu     t1, 1 + \offset(a1)
    add     t0, t0, a2
    add     t1, t1, a2
    lhu     t0, 0(t0)
    lhu     t1, 0(t1)
    add     \first, \first, t0
    add     \second, \second, t1
    .endm

    .macro  group offset
    two     \offset, a6, a7
    two     \offset + 2, t2, t3
    two     \offset + 4, t4, t5
    two     \offset + 6, t6, s0
    add     a2, a2, a4
    .endm

    .section .text.tl_table_sums, "ax", %progbits
    .balign 4
    .global tl_table_sums
    .type   tl_table_sums, %function
tl_table_sums:
    addi    sp, sp, -16
    sw      s0, 12(sp)
    lw      a1, 0(a0)               /* indices */
    lw      a5, 8(a0)               /* the tables' end */
    lw      a3, 12(a0)              /* sums */
    lw      a4, 20(a0)              /* step */
1:  lw      a2, 4(a0)               /* tables */
    lw      a6, 0(a3)
    lw      a7, 4(a3)
    lw      t2, 8(a3)
    lw      t3, 12(a3)
    lw      t4, 16(a3)
    lw      t5, 20(a3)
    lw      t6, 24(a3)
    lw      s0, 28(a3)
2:  group   0
    group   8
    addi    a1, a1, 16
    bne     a2, a5, 2b
    sw      a6, 0(a3)
    sw      a7, 4(a3)
    sw      t2, 8(a3)
    sw      t3, 12(a3)
    sw      t4, 16(a3)
    sw      t5, 20(a3)
    sw      t6, 24(a3)
    sw      s0, 28(a3)
    addi    a3, a3, 32
    lw      t0, 16(a0)              /* the sums' end */
    bne     a3, t0, 1b
    mv      a0, a1
    lw      s0, 12(sp)
    addi    sp, sp, 16
    ret
    .size   tl_table_sums, . - tl_table_sums
#endif
