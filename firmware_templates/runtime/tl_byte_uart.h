/* The console of a port whose UART takes a byte, or a few, at a time. What is written waits in a ring and leaves by interrupt, so that a line
   costs a computation next to no time. The port defines, before it includes this:
     uart_can_send()     there is room for a byte
     uart_send(byte)     give it one
     uart_is_idle()      the last byte has left the pin
     uart_interrupt(on)  ask for an interrupt while there is room; its handler calls tl_uart_refill() */
#ifndef TL_BYTE_UART_H
#define TL_BYTE_UART_H

#include "tl_cpu.h"
#include "tl_port.h"
#include "tl_ring.h"

static volatile uint8_t tl_out[256]; /* 256: the 8-bit indices wrap by themselves */
static volatile uint8_t tl_out_in, tl_out_out, tl_by_polling;

static void tl_uart_refill(void)
{
    while (tl_out_in != tl_out_out && uart_can_send()) {
        uart_send(tl_out[tl_out_out]);
        tl_out_out = (uint8_t)(tl_out_out + 1u);
    }
    if (tl_out_in == tl_out_out) uart_interrupt(0);
}

static void tl_uart_put(uint8_t byte)
{
    uint8_t next = (uint8_t)(tl_out_in + 1u);
    for (;;) {
        tl_irq_off();
        if (next != tl_out_out) break;
        tl_sleep();
        tl_irq_on();
    }
    tl_out[tl_out_in] = byte;
    tl_out_in = next;
    uart_interrupt(1);
    tl_irq_on();
}

static void tl_uart_put_polling(uint8_t byte)
{
    while (!uart_can_send()) {}
    uart_send(byte);
}

void tl_port_write(const char *bytes, uint32_t count)
{
    while (count--) {
        uint8_t byte = (uint8_t)*bytes++;
        if (tl_by_polling)
            tl_uart_put_polling(byte);
        else
            tl_uart_put(byte);
    }
}

void tl_port_flush(void)
{
    while (!tl_by_polling) {
        tl_irq_off();
        if (tl_out_in == tl_out_out) break;
        tl_sleep();
        tl_irq_on();
    }
    if (!tl_by_polling) tl_irq_on();
    while (!uart_is_idle()) {}
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

void tl_port_fault_begin(void)
{
    tl_by_polling = 1;
    uart_interrupt(0);
    while (tl_out_out != tl_out_in) {
        tl_uart_put_polling(tl_out[tl_out_out]);
        tl_out_out = (uint8_t)(tl_out_out + 1u);
    }
}

#endif
