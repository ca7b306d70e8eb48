/* What the kernels on groups of eight rows share on RV32, made from a tl_eights_job. While a group is finished (finish_group.S):
 * s0 x, s1 its end, s2 correction, s3 finish, s4 y, s5 outputs left, s6 zero point, s7 and s8 bounds, s9 step, a1 rows; the eight sums
 * lie at sp. */
    .equ    SUMS, 32
    .equ    FRAME, 80

    .macro  function name
    .section .text.\name, "ax", %progbits
    .balign 4
    .global \name
    .type   \name, %function
\name:
    .endm

    .macro  each_saved what
    \what   ra, SUMS(sp)
    \what   s0, SUMS + 4(sp)
    \what   s1, SUMS + 8(sp)
    \what   s2, SUMS + 12(sp)
    \what   s3, SUMS + 16(sp)
    \what   s4, SUMS + 20(sp)
    \what   s5, SUMS + 24(sp)
    \what   s6, SUMS + 28(sp)
    \what   s7, SUMS + 32(sp)
    \what   s8, SUMS + 36(sp)
    \what   s9, SUMS + 40(sp)
    .endm

/* a0: the job. */
    .macro  enter
    addi    sp, sp, -FRAME
    each_saved sw
    lw      s0, 0(a0)
    lw      s1, 4(a0)
    lw      a1, 8(a0)
    lw      s4, 12(a0)
    lw      s5, 16(a0)
    lw      s2, 20(a0)
    lw      s3, 24(a0)
    lw      s9, 28(a0)
    lw      s6, 32(a0)
    lw      s7, 36(a0)
    lw      s8, 40(a0)
    .endm

    .macro  leave
    each_saved lw
    addi    sp, sp, FRAME
    ret
    .endm
