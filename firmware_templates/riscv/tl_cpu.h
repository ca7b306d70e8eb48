/* The few instructions that C has no words for. */
#ifndef TL_CPU_H
#define TL_CPU_H

#include <stdint.h>

#define TL_REG(address) (*(volatile uint32_t *)(uintptr_t)(address))
#define TL_REG8(address) (*(volatile uint8_t *)(uintptr_t)(address))

/* mstatus.MIE, privileged specification 3.1.6.1 */
static inline void tl_irq_off(void)
{
    __asm__ volatile("csrci mstatus, 8" ::: "memory");
}

static inline void tl_irq_on(void)
{
    __asm__ volatile("csrsi mstatus, 8" ::: "memory");
}

/* Sleep until an interrupt is pending. It wakes even where mstatus.MIE holds the handler back (privileged specification 3.3.3), so
   "mask, look, sleep, unmask" loses no event between the look and the sleep. */
static inline void tl_sleep(void)
{
    __asm__ volatile("wfi" ::: "memory");
}

/* The port's handler of interrupt `number` of mcause. */
void tl_irq(uint32_t number);

#endif
