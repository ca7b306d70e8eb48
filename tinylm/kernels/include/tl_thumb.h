/* Assembler macros for the Thumb-1 kernels (ARMv6-M; shorter where ARMv7-M has the instruction). */
#include "tl_function.h"

    .macro  save_all
    push    {r4-r7, lr}
    mov     r4, r8
    mov     r5, r9
    mov     r6, r10
    mov     r7, r11
    push    {r4-r7}
    .endm

    .macro  restore_all
    pop     {r4-r7}
    mov     r8, r4
    mov     r9, r5
    mov     r10, r6
    mov     r11, r7
    pop     {r4-r7, pc}
    .endm

/* The multiplier in r3, as finish wants it: ARMv6-M: low half in r3, high half in r4. */
    .macro  split_multiplier
#if __ARM_ARCH < 7
    lsrs    r4, r3, #16
    uxth    r3, r3
#endif
    .endm

/* r0 = a sum below 2^30 -> its int8 output; split multiplier in r3 and r4, bits to shift right (0 .. 31) in r5, zero point in r8,
 * bounds in r9 and r10; r1 and r2 are lost. TFLM's two roundings: a * multiplier / 2^31, half towards +inf; then / 2^r5, half away
 * from zero. With a = p 2^16 + q (q signed) and the multiplier u 2^16 + v the first is 2 p u + (p v + q u + (q v >> 16)) / 2^15. */
    .macro  finish
#if __ARM_ARCH < 7
    sxth    r1, r0
    subs    r0, r0, r1
    asrs    r0, r0, #16
    movs    r2, r1
    muls    r2, r3, r2
    muls    r1, r4, r1
    asrs    r2, r2, #16
    adds    r2, r2, r1
    movs    r1, r0
    muls    r1, r3, r1
    adds    r2, r2, r1
    muls    r0, r4, r0
    adds    r0, r0, r0
    asrs    r2, r2, #15             /* the carry is the bit below: rounds */
    adcs    r0, r2
#else
    smull   r1, r0, r0, r3
    adds    r1, r1, #0x40000000
    adc     r0, r0, #0
    lsls    r0, r0, #1
    orr     r0, r0, r1, lsr #31
#endif
    asrs    r1, r0, #31
    adds    r0, r0, r1              /* less 1 if negative, and then with a carry, */
    mov     r1, r8
    asrs    r0, r5                  /* which a shift by 0 leaves as it is */
    adcs    r0, r1
    cmp     r0, r9
    blt     101f
    cmp     r0, r10
    ble     102f
    mov     r0, r10
    b       102f
101:
    mov     r0, r9
102:
    .endm
