/* What the kernels on groups of eight rows share on ARM: the frame, made from a tl_eights_job, and finishing a group (finish_group.S). */
#include "tl_thumb.h"

    .equ    X, 0
    .equ    X_END, 4
    .equ    ROWS, 8
    .equ    Y, 12
    .equ    LEFT, 16
    .equ    CORRECTION, 20
    .equ    FINISH, 24
    .equ    STEP, 28
    .equ    ENTRY, 32
    .equ    LIMITS, 36
    .equ    FRAME, 40
    .equ    SUMS, 32                /* bytes of the eight sums that lie below while they are finished */

/* r0: the job. Leaves x in r2, x_end in r3, rows in r7. */
    .macro  enter
    save_all
    sub     sp, #FRAME
    mov     r1, sp
    ldm     r0!, {r2-r7}            /* x, x_end, rows, y, outputs, correction */
    stm     r1!, {r2-r7}
    mov     r7, r4
    ldm     r0!, {r4, r5}           /* finish, step */
    stm     r1!, {r4, r5}
    str     r0, [sp, #LIMITS]
    .endm
