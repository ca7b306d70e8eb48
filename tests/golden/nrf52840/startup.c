/* Start of a Nordic nRF52840 (cortex-m4): vector table, data and bss, painted stack, FPU. */
#include "tl_cpu.h"
#include "tl_port.h"

extern uint32_t __stack_bottom[], __stack_top[], __data_start[], __data_end[], __data_load[], __zero_start[], __zero_end[];
extern uint8_t __spare_start[], __spare_end[];

int main(void);
void Reset_Handler(void);
void tl_fault_entry(void);

enum { PAINT = 0x5AA55AA5 };

/* Handlers that the port may define. One that it does not define, but that runs, is a fault. */
__attribute__((naked)) void tl_no_handler(void);
__attribute__((naked)) void tl_no_handler(void)
{
    __asm__ volatile("ldr r0, =tl_fault_entry\n\tbx r0\n\t.ltorg"); /* r0 is in the exception's frame */
}
void tl_irq_clock(void) __attribute__((weak, alias("tl_no_handler")));
void tl_irq_uarte0(void) __attribute__((weak, alias("tl_no_handler")));
void tl_irq_timer0(void) __attribute__((weak, alias("tl_no_handler")));

typedef void (*vector)(void);

/* ARMv7-M manual B1.5.2 and B1.5.3, ARMv6-M manual B1.5.2: exception numbers. */
__attribute__((section(".vectors"), used)) const struct {
    uint32_t *stack;
    vector exceptions[15];
    vector interrupts[48];
} tl_vectors = {
    __stack_top,
    {
        Reset_Handler,
        tl_fault_entry, /* 2 NMI */
        tl_fault_entry, /* 3 HardFault */
        tl_fault_entry, /* 4 MemManage */
        tl_fault_entry, /* 5 BusFault */
        tl_fault_entry, /* 6 UsageFault */
        tl_fault_entry, /* 7 SecureFault or reserved */
        0,
        0,
        0,
        tl_fault_entry, /* 11 SVCall */
        tl_fault_entry, /* 12 DebugMonitor */
        0,
        tl_fault_entry, /* 14 PendSV */
        tl_fault_entry, /* 15 SysTick */
    },
    {
        tl_irq_clock, /* 0 */
        tl_fault_entry, /* 1 */
        tl_irq_uarte0, /* 2 */
        tl_fault_entry, /* 3 */
        tl_fault_entry, /* 4 */
        tl_fault_entry, /* 5 */
        tl_fault_entry, /* 6 */
        tl_fault_entry, /* 7 */
        tl_irq_timer0, /* 8 */
        tl_fault_entry, /* 9 */
        tl_fault_entry, /* 10 */
        tl_fault_entry, /* 11 */
        tl_fault_entry, /* 12 */
        tl_fault_entry, /* 13 */
        tl_fault_entry, /* 14 */
        tl_fault_entry, /* 15 */
        tl_fault_entry, /* 16 */
        tl_fault_entry, /* 17 */
        tl_fault_entry, /* 18 */
        tl_fault_entry, /* 19 */
        tl_fault_entry, /* 20 */
        tl_fault_entry, /* 21 */
        tl_fault_entry, /* 22 */
        tl_fault_entry, /* 23 */
        tl_fault_entry, /* 24 */
        tl_fault_entry, /* 25 */
        tl_fault_entry, /* 26 */
        tl_fault_entry, /* 27 */
        tl_fault_entry, /* 28 */
        tl_fault_entry, /* 29 */
        tl_fault_entry, /* 30 */
        tl_fault_entry, /* 31 */
        tl_fault_entry, /* 32 */
        tl_fault_entry, /* 33 */
        tl_fault_entry, /* 34 */
        tl_fault_entry, /* 35 */
        tl_fault_entry, /* 36 */
        tl_fault_entry, /* 37 */
        tl_fault_entry, /* 38 */
        tl_fault_entry, /* 39 */
        tl_fault_entry, /* 40 */
        tl_fault_entry, /* 41 */
        tl_fault_entry, /* 42 */
        tl_fault_entry, /* 43 */
        tl_fault_entry, /* 44 */
        tl_fault_entry, /* 45 */
        tl_fault_entry, /* 46 */
        tl_fault_entry, /* 47 */
    },
};

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
    __asm__ volatile("mov %0, sp" : "=r"(here));
    for (volatile uint32_t *word = __stack_bottom; word < here; word++) *word = (uint32_t)PAINT;
}

void Reset_Handler(void)
{
    paint_stack();
#if defined(__ARM_FP)
    /* CPACR, ARMv7-M manual B3.2.20: full access to coprocessors 10 and 11, the FPU. */
    TL_REG(0xE000ED88u) |= 0xFu << 20;
    __asm__ volatile("dsb\n\tisb" ::: "memory");
#endif
    const volatile uint32_t *from = __data_load;
    for (volatile uint32_t *to = __data_start; to < __data_end; to++) *to = *from++;
    for (volatile uint32_t *to = __zero_start; to < __zero_end; to++) *to = 0;
    main();
    for (;;) tl_sleep();
}
