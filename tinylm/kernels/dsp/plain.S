/* Groups of four int8 rows that could not be packed: four biases, then for every four k one word a row (compiler/packing/dual.py). */
#include "tl_four.h"
#include "tl_function.h"

/* void tl_plain_sums(const uint32_t *rows, const uint32_t *lanes, const uint32_t *lanes_end, uint32_t sums[4]) */
    function tl_plain_sums
    push    {r3-r11, lr}
    ldm     r0!, {r4-r7}
1:  ldm     r1!, {r8, r9}
    ldm     r0!, {r10, r11, r12, lr}
    four    r4, r10, r8, r9, r3
    four    r5, r11, r8, r9, r3
    four    r6, r12, r8, r9, r3
    four    r7, lr, r8, r9, r3
    cmp     r1, r2
    bne     1b
    pop     {r3}
    stm     r3, {r4-r7}
    pop     {r4-r11, pc}
    .size   tl_plain_sums, . - tl_plain_sums

/* void tl_plain_pair(const uint32_t *rows, const uint32_t *lanes, const uint32_t *lanes_end, uint32_t *sums):
 * two of the four rows times two vectors, whose lanes (0, 2) lie side by side, then (1, 3); the second vector's sums 16 bytes on. */
    .macro  row_twice first, second, bytes
    sxtb16  r3, \bytes
    sxtb16  \bytes, \bytes, ror #8
    smlad   \first, r3, r8, \first
    smlad   \second, r3, r9, \second
    smlad   \first, \bytes, r10, \first
    smlad   \second, \bytes, r11, \second
    .endm

    function tl_plain_pair
    push    {r3-r11, lr}
    ldrd    r4, r6, [r0], #16
    mov     r5, r4
    mov     r7, r6
1:  ldm     r1!, {r8-r11}
    ldrd    r12, lr, [r0], #16
    row_twice r4, r5, r12
    row_twice r6, r7, lr
    cmp     r1, r2
    bne     1b
    pop     {r3}
    strd    r4, r6, [r3]
    strd    r5, r7, [r3, #16]
    pop     {r4-r11, pc}
    .size   tl_plain_pair, . - tl_plain_pair
