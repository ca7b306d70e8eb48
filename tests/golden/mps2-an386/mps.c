/* Arm MPS2 and MPS3 FPGA images, also as QEMU has them. AN = Application Note AN386 (DAI 0386); CMSDK = Cortex-M System Design Kit TRM (DDI 0479). */
#include "tl_cpu.h"
#include "tl_port.h"
#include "tl_ring.h"

/* CMSDK, "APB UART programmers model" */
#define UART(offset) TL_REG(0x40004000u + (offset))
#define UART_DATA UART(0x00u)
#define UART_STATE UART(0x04u)
#define UART_CTRL UART(0x08u)
#define UART_INTCLEAR UART(0x0Cu)
#define UART_BAUDDIV UART(0x10u)
/* AN, "FPGA system control and I/O" */
#define FPGAIO(offset) TL_REG(0x40028000u + (offset))
#define CLK100HZ FPGAIO(0x14u)
#define COUNTER FPGAIO(0x18u)
#define PRESCALE FPGAIO(0x1Cu)

enum { TX_FULL = 1 << 0, RX_FULL = 1 << 1 };
enum { TX_ENABLE = 1 << 0, RX_ENABLE = 1 << 1, RX_INTERRUPT = 1 << 3 };

static uint32_t first_tick, first_count;

void tl_irq_uart0(void)
{
    UART_INTCLEAR = RX_FULL; /* before the byte is taken: one that comes now asks again */
    while (UART_STATE & RX_FULL) tl_ring_push((uint8_t)UART_DATA);
}

void tl_port_init(void)
{
    PRESCALE = 24; /* COUNTER counts microseconds */
    first_tick = CLK100HZ;
    first_count = COUNTER;
    UART_BAUDDIV = 217; /* 25000000 Hz / 115200 */
    UART_CTRL = TX_ENABLE | RX_ENABLE | RX_INTERRUPT;
    tl_irq_enable(0);
}

/* COUNTER wraps after 71 minutes, the 100 Hz counter after 497 days: the slow one says which lap the fast one is in. */
uint64_t tl_port_micros(void)
{
    uint64_t rough = (uint64_t)(CLK100HZ - first_tick) * 10000u;
    return rough + (uint64_t)(int64_t)(int32_t)(COUNTER - first_count - (uint32_t)rough);
}

void tl_port_write(const char *bytes, uint32_t count)
{
    while (count--) {
        while (UART_STATE & TX_FULL) {}
        UART_DATA = (uint8_t)*bytes++;
    }
}

void tl_port_flush(void)
{
    while (UART_STATE & TX_FULL) {}
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
