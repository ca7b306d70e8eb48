/* The few instructions that C has no words for. */
#ifndef TL_CPU_H
#define TL_CPU_H

#include <stdint.h>

#define TL_REG(address) (*(volatile uint32_t *)(uintptr_t)(address))

static inline void tl_irq_off(void)
{
    __asm__ volatile("cpsid i" ::: "memory");
}

static inline void tl_irq_on(void)
{
    __asm__ volatile("cpsie i" ::: "memory");
}

/* Sleep until an interrupt is pending. It wakes even where PRIMASK holds the handler back (ARMv7-M manual B1.5.19), so
   "mask, look, sleep, unmask" loses no event between the look and the sleep. */
static inline void tl_sleep(void)
{
    __asm__ volatile("dsb\n\twfi" ::: "memory");
}

/* NVIC_ISER0/1: ARMv7-M manual B3.4.4, ARMv6-M manual B3.4.3. */
static inline void tl_irq_enable(uint32_t number)
{
    TL_REG(0xE000E100u + 4u * (number / 32u)) = 1u << (number % 32u);
}

#endif
