#include <stdint.h>
#define REG(address) (*(volatile uint32_t *)(uintptr_t)(address))
#define NAKED __attribute__((naked, noinline, used))
#define NVIC_ENABLE(irq) (REG(0xE000E100) = 1u << (irq))
static inline void sleep(void) { __asm volatile("wfi" ::: "memory"); }
static inline uint32_t ipsr(void) { uint32_t v; __asm volatile("mrs %0, ipsr" : "=r"(v)); return v; }
void start(void);
void uart_irq(void);
void timer_irq(void);

/* What a fault left behind, for the test to read: frame of eight words, then CFSR, HFSR, BFAR, LR. */
volatile uint32_t fault_record[12];
volatile uint32_t ticks, wakes, sink;

__attribute__((used)) void record_fault(const uint32_t *frame, uint32_t lr)
{
    for (int i = 0; i < 8; i++) fault_record[i] = frame[i];
#if __ARM_ARCH >= 7
    fault_record[8] = REG(0xE000ED28), fault_record[9] = REG(0xE000ED2C), fault_record[10] = REG(0xE000ED38);
#endif
    fault_record[11] = lr;
    for (;;) sleep();
}
NAKED void fault(void) { __asm volatile("mov r0, sp\n mov r1, lr\n bl record_fault"); }
void systick(void) { ticks++; }

/* Known by construction: 2 + 4 * n instructions (n > 0). */
NAKED uint32_t counted(uint32_t n)
{
    __asm volatile("movs r1, #0\n"
                   "1: adds r1, r1, #3\n"
                   "nop\n"
                   "subs r0, r0, #1\n"
                   "bne 1b\n"
                   "bx lr");
}
