/* Start of a Raspberry Pi RP2350 (RISC-V) (hazard3): first instructions, trap vectors, data and bss, painted stack. */
#include "tl_cpu.h"
#include "tl_port.h"

extern uint32_t __stack_bottom[], __stack_top[], __data_start[], __data_end[], __data_load[], __zero_start[], __zero_end[];
extern uint8_t __spare_start[], __spare_end[];

int main(void);
void tl_start(void);
void tl_trap(uint32_t cause, const uint32_t *frame);
void tl_fault_report(uint32_t cause, const uint32_t *frame);

enum { PAINT = 0x5AA55AA5 };

/* mtvec in vectored mode (privileged specification 3.1.7): exceptions enter at the base, interrupt n at base + 4 n; here all take one way.
   A trap saves what a C function may change: ra, t0 to t6, a0 to a7; and mepc. With less than 512 bytes of stack left an exception
   starts again from the top: what lies there is lost, and the report comes. */
__asm__(".section .vectors, \"ax\", @progbits\n"
        ".option push\n"
        ".option norelax\n"
        ".globl Reset_Handler\n"
        ".type Reset_Handler, @function\n"
        "Reset_Handler:\n"
        "    csrci mstatus, 8\n"
        "    la sp, __stack_top\n"
        "    la t0, tl_traps\n"
        "    ori t0, t0, 1\n"
        "    csrw mtvec, t0\n"
        "    j tl_start\n"
        ".balign 256\n"
        "tl_traps:\n"
        ".option norvc\n"
        ".rept 32\n"
        "    j tl_trap_entry\n"
        ".endr\n"
        "tl_trap_entry:\n"
        "    csrw mscratch, t0\n"
        "    csrr t0, mcause\n"
        "    bltz t0, 1f\n"
        "    la t0, __stack_bottom + 512\n"
        "    bgeu sp, t0, 1f\n"
        "    mv a1, sp\n"
        "    la sp, __stack_top\n"
        "    csrr a0, mcause\n"
        "    j tl_fault_report\n"
        "1:  csrr t0, mscratch\n"
        "    addi sp, sp, -80\n"
        "    sw ra, 0(sp)\n"
        "    sw t0, 4(sp)\n"
        "    sw t1, 8(sp)\n"
        "    sw t2, 12(sp)\n"
        "    sw t3, 16(sp)\n"
        "    sw t4, 20(sp)\n"
        "    sw t5, 24(sp)\n"
        "    sw t6, 28(sp)\n"
        "    sw a0, 32(sp)\n"
        "    sw a1, 36(sp)\n"
        "    sw a2, 40(sp)\n"
        "    sw a3, 44(sp)\n"
        "    sw a4, 48(sp)\n"
        "    sw a5, 52(sp)\n"
        "    sw a6, 56(sp)\n"
        "    sw a7, 60(sp)\n"
        "    csrr t0, mepc\n"
        "    sw t0, 64(sp)\n"
        "    csrr a0, mcause\n"
        "    mv a1, sp\n"
        "    call tl_trap\n"
        "    lw t0, 64(sp)\n"
        "    csrw mepc, t0\n"
        "    lw ra, 0(sp)\n"
        "    lw t0, 4(sp)\n"
        "    lw t1, 8(sp)\n"
        "    lw t2, 12(sp)\n"
        "    lw t3, 16(sp)\n"
        "    lw t4, 20(sp)\n"
        "    lw t5, 24(sp)\n"
        "    lw t6, 28(sp)\n"
        "    lw a0, 32(sp)\n"
        "    lw a1, 36(sp)\n"
        "    lw a2, 40(sp)\n"
        "    lw a3, 44(sp)\n"
        "    lw a4, 48(sp)\n"
        "    lw a5, 52(sp)\n"
        "    lw a6, 56(sp)\n"
        "    lw a7, 60(sp)\n"
        "    addi sp, sp, 80\n"
        "    mret\n"
        ".option pop\n"
        ".text\n");

void tl_trap(uint32_t cause, const uint32_t *frame)
{
    if (cause >> 31)
        tl_irq(cause & 0x7FFFFFFFu);
    else
        tl_fault_report(cause, frame);
}

uint8_t *tl_port_spare(uint32_t *bytes)
{
    *bytes = (uint32_t)((uintptr_t)__spare_end - (uintptr_t)__spare_start);
    return __spare_start;
}

uint32_t tl_stack_size(void)
{
    return (uint32_t)((uintptr_t)__stack_top - (uintptr_t)__stack_bottom);
}

/* The lowest word that lost its paint marks the most that was in use. */
uint32_t tl_stack_used(void)
{
    const volatile uint32_t *word = __stack_bottom;
    while (word < __stack_top && *word == (uint32_t)PAINT) word++;
    return (uint32_t)((uintptr_t)__stack_top - (uintptr_t)word);
}

/* The stack is in use while it is painted: stop below the words of this very function. volatile: a store that the
   compiler turned into a call of memset would land in the painted part. */
static inline __attribute__((always_inline)) void paint_stack(void)
{
    volatile uint32_t *here;
    __asm__ volatile("mv %0, sp" : "=r"(here));
    for (volatile uint32_t *word = __stack_bottom; word < here; word++) *word = (uint32_t)PAINT;
}

static void copy(const volatile uint32_t *from, volatile uint32_t *to, const volatile uint32_t *end)
{
    while (to < end) *to++ = *from++;
}

void tl_start(void)
{
    paint_stack();
    copy(__data_load, __data_start, __data_end);
    for (volatile uint32_t *to = __zero_start; to < __zero_end; to++) *to = 0;
    main();
    for (;;) tl_sleep();
}
