/* QEMU's machine "virt" for RISC-V: 16550, PLIC, CLINT. DOC = QEMU manual, virt generic virtual platform (RISC-V). */
#include "tl_cpu.h"
#include "tl_port.h"
#include "tl_ring.h"

/* PC16550D data sheet, "Registers" */
#define UART(offset) TL_REG8(0x10000000u + (offset))
#define UART_DATA UART(0)
#define UART_IER UART(1)
#define UART_FCR UART(2)
#define UART_LCR UART(3)
#define UART_LSR UART(5)
/* RISC-V Platform-Level Interrupt Controller Specification 1.0, "Memory Map"; context 0: machine mode of the first core */
#define PLIC(offset) TL_REG(0x0c000000u + (offset))
#define PLIC_PRIORITY(source) PLIC(4u * (source))
#define PLIC_ENABLE(source) PLIC(0x2000u + 4u * ((source) / 32u))
#define PLIC_THRESHOLD PLIC(0x200000u)
#define PLIC_CLAIM PLIC(0x200004u)
/* mtime, privileged specification 3.2.1 */
#define MTIME_LOW TL_REG(0x02000000u + 0xBFF8u)
#define MTIME_HIGH TL_REG(0x02000000u + 0xBFFCu)

enum { EXTERNAL = 11, DATA_READY = 1 << 0, THR_EMPTY = 1 << 5, TRANSMITTER_EMPTY = 1 << 6, SOURCE = 10 };

void tl_irq(uint32_t number)
{
    if (number != EXTERNAL) return;
    uint32_t source = PLIC_CLAIM;
    while (UART_LSR & DATA_READY) tl_ring_push(UART_DATA);
    PLIC_CLAIM = source;
}

void tl_port_init(void)
{
    UART_LCR = 0x80; /* the divisor is behind the data register */
    UART(0) = 2;
    UART(1) = 0;
    UART_LCR = 3;    /* 8 bits */
    UART_FCR = 7;    /* FIFOs on and empty, an interrupt for every byte */
    UART_IER = 1;    /* received data */
    PLIC_PRIORITY(SOURCE) = 1;
    PLIC_ENABLE(SOURCE) = 1u << (SOURCE % 32);
    PLIC_THRESHOLD = 0;
    __asm__ volatile("csrs mie, %0" ::"r"(1u << EXTERNAL));
    tl_irq_on();
}

/* Read high, low, high: the pair is right when the high word stood still. */
uint64_t tl_port_micros(void)
{
    uint32_t high, low;
    do {
        high = MTIME_HIGH;
        low = MTIME_LOW;
    } while (high != MTIME_HIGH);
    return ((uint64_t)high << 32 | low) / 10u;
}

void tl_port_write(const char *bytes, uint32_t count)
{
    while (count--) {
        while (!(UART_LSR & THR_EMPTY)) {}
        UART_DATA = (uint8_t)*bytes++;
    }
}

void tl_port_flush(void)
{
    while (!(UART_LSR & TRANSMITTER_EMPTY)) {}
}

int tl_port_read_byte(void)
{
    return tl_ring_pop();
}

void tl_port_idle(void)
{
    tl_irq_off();
    if (tl_ring_empty()) tl_sleep();
    tl_irq_on();
}

void tl_port_fault_begin(void) {}
