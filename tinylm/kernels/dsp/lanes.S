/* Sums of signs, two rows in a 16-bit lane as compiler/packing/lanes.py has it: 21 instructions for 64 products. */
    .syntax unified
    .thumb

    .equ    BLOCK, 82               /* bytes of code */
    .equ    UNROLL, 4
    .equ    X, 0
    .equ    X_END, 4
    .equ    ENTRY, 8
    .equ    SUMS, 12
    .equ    SUMS_END, 16
    .equ    FRAME, 20

    .macro  rows sum
    ldm     r1!, {r6-r9}
    smlad   \sum, r6, r2, \sum
    smlad   \sum, r7, r3, \sum
    smlad   \sum, r8, r4, \sum
    smlad   \sum, r9, r5, \sum
    .endm

/* Two rows out of a sum, added to the sums in memory; r4 = FACTOR, r5 = 2^32 / FACTOR. */
    .macro  split sum
    ldrd    r6, r7, [r2]
    smmulr  r8, \sum, r5
    mls     r9, r8, r4, \sum
    add     r6, r6, r8
    add     r7, r7, r9
    strd    r6, r7, [r2], #8
    .endm

/* const uint32_t *tl_lane_sums(const passing *j), see fc_lanes_s8.c. */
    .section .text.tl_lane_sums, "ax", %progbits
    .balign 4
    .global tl_lane_sums
    .type   tl_lane_sums, %function
    .thumb_func
tl_lane_sums:
    push    {r4-r11, lr}
    sub     sp, #FRAME
    ldm     r0, {r1-r5}             /* weights, x, its end, sums, their end */
    strd    r2, r3, [sp, #X]
    strd    r4, r5, [sp, #SUMS]
    sub     r3, r3, r2
    lsr     r3, r3, #4              /* blocks */
    rsb     r3, #0
    and     r3, #UNROLL - 1         /* to leave out the first time */
    mov     r4, #BLOCK
    adr     r5, .Lloop
    mla     r3, r3, r4, r5
    orr     r3, #1
    str     r3, [sp, #ENTRY]

1:  ldr     r0, [sp, #X]
    mov     r10, #0
    mov     r11, #0
    mov     r12, #0
    mov     lr, #0
    ldr     pc, [sp, #ENTRY]
    .balign 4
.Lloop:
    .rept   UNROLL
    ldm     r0!, {r2-r5}
    rows    r10
    rows    r11
    rows    r12
    rows    lr
    .endr
    ldr     r2, [sp, #X_END]
    cmp     r0, r2
    bne     .Lloop
    ldrd    r2, r3, [sp, #SUMS]
    movw    r4, #0x7ffe
    movw    r5, #8
    movt    r5, #2
    split   r10
    split   r11
    split   r12
    split   lr
    str     r2, [sp, #SUMS]
    cmp     r2, r3
    bne     1b
    mov     r0, r1
    add     sp, #FRAME
    pop     {r4-r11, pc}
    .size   tl_lane_sums, . - tl_lane_sums

    .macro  output
    ldr     r8, [r0], #4
    ldrd    r9, r10, [r2], #8
    mla     r8, r8, r9, r10
    add     r9, r7, r8, asr #31
    smmlar  r8, r8, r5, r9
    asr     r8, r8, r6
    ssat    r8, #8, r8
    strb    r8, [r4], #1
    cmp     r0, r1
    .endm

/* A row's multiplier to r5, its shift to r6, where to start to r7. */
    .macro  load
    ldrd    r5, r6, [r3], #8
    lsl     r7, r11, r6
    asr     r7, r7, #1
    .endm

/* void tl_finish_lanes(const finishing *j), see fc_lanes_s8.c. */
    .section .text.tl_finish_lanes, "ax", %progbits
    .balign 4
    .global tl_finish_lanes
    .type   tl_finish_lanes, %function
    .thumb_func
tl_finish_lanes:
    push    {r4-r11, lr}
    ldrd    r11, r12, [r0, #20]     /* zero, per_channel */
    ldm     r0, {r0-r4}             /* sums, their end, rows, finish, y */
    cmp     r12, #0
    bne     2f
    load
1:  output
    bne     1b
    pop     {r4-r11, pc}
2:  load
    output
    bne     2b
    pop     {r4-r11, pc}
    .size   tl_finish_lanes, . - tl_finish_lanes
