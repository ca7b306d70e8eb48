/* Nordic nRF51822. PS = nRF51 Series Reference Manual v3.0. */
#include "tl_cpu.h"
#include "tl_port.h"
#include "tl_ring.h"

/* PS "CLOCK": registers */
#define HFCLKSTART TL_REG(0x40000000u + 0x000u)
#define HFCLKSTARTED TL_REG(0x40000000u + 0x100u)
/* PS "GPIO" */
#define GPIO(pin, offset) TL_REG(0x50000000u + 0x300u * ((pin) / 32u) + (offset))
#define GPIO_OUTSET(pin) GPIO(pin, 0x508u)
#define GPIO_OUTCLR(pin) GPIO(pin, 0x50Cu)
#define GPIO_PIN_CNF(pin) GPIO(pin, 0x700u + 4u * ((pin) % 32u))
/* RM "UART": registers */
#define UART(offset) TL_REG(0x40002000u + (offset))
#define STARTRX UART(0x000u)
#define STARTTX UART(0x008u)
#define RXDRDY UART(0x108u)
#define TXDRDY UART(0x11Cu)
#define ERROR UART(0x124u)
#define INTENSET UART(0x304u)
#define ERRORSRC UART(0x480u)
#define ENABLE UART(0x500u)
#define PSELTXD UART(0x50Cu)
#define PSELRXD UART(0x514u)
#define RXD UART(0x518u)
#define TXD UART(0x51Cu)
#define BAUDRATE UART(0x524u)
/* PS "TIMER": registers */
#define TIMER(offset) TL_REG(0x40008000u + (offset))
#define TIMER_START TIMER(0x000u)
#define TIMER_CAPTURE(n) TIMER(0x040u + 4u * (n))
#define TIMER_COMPARE(n) TIMER(0x140u + 4u * (n))
#define TIMER_INTENSET TIMER(0x304u)
#define TIMER_MODE TIMER(0x504u)
#define TIMER_BITMODE TIMER(0x508u)
#define TIMER_PRESCALER TIMER(0x510u)
#define TIMER_CC(n) TIMER(0x540u + 4u * (n))

#define TX 24u /* P0.24 */
#define RX 25u /* P0.25 */

enum { RXDRDY_BIT = 1 << 2, TXDRDY_BIT = 1 << 7, ERROR_BIT = 1 << 9 };

/* The event says that a byte has left; whether one is on its way is for us to remember. */
static volatile uint8_t sending;

static int uart_is_idle(void)
{
    if (TXDRDY) {
        TXDRDY = 0;
        sending = 0;
    }
    return !sending;
}

static int uart_can_send(void)
{
    return uart_is_idle();
}

static void uart_send(uint8_t byte)
{
    sending = 1;
    TXD = byte;
}

/* Its interrupt says "gone", not "room": where nothing is on its way, we call the handler ourselves (ISPR, ARMv6-M manual B3.4.5). */
static void uart_interrupt(int on)
{
    if (on && !sending) TL_REG(0xE000E200u) = 1u << 2;
}

#include "tl_byte_uart.h"

void tl_irq_uart0(void)
{
    if (RXDRDY) { /* cleared first: there is a FIFO of six, and the next byte in it asks again (RM "UART", Reception) */
        RXDRDY = 0;
        tl_ring_push((uint8_t)RXD);
    }
    if (ERROR) { /* a byte is damaged or lost: the command will be answered with an error */
        ERROR = 0;
        ERRORSRC = ERRORSRC;
    }
    uart_is_idle();
    tl_uart_refill();
}

static void clocks(void)
{
    /* The crystal: the internal oscillator is too inexact for the timer (PS "CLOCK", HFINT is +-1.5 %). */
    HFCLKSTARTED = 0;
    HFCLKSTART = 1;
    while (!HFCLKSTARTED) {}
}

static void console(void)
{
    GPIO_OUTSET(TX) = 1u << TX % 32u;   /* idle level, before the UART drives the pin */
    GPIO_PIN_CNF(TX) = 1u | 1u << 1;    /* output, input buffer off */
    GPIO_PIN_CNF(RX) = 3u << 2;         /* input, pulled up: a cable that is not there sends nothing */
    PSELTXD = TX;
    PSELRXD = RX;
    BAUDRATE = 0x01d7e000u; /* 115200 */
    ENABLE = 4;
    RXDRDY = 0;
    TXDRDY = 0;
    INTENSET = RXDRDY_BIT | TXDRDY_BIT | ERROR_BIT;
    tl_irq_enable(2);
    STARTRX = 1;
    STARTTX = 1;
}

/* 1 MHz, 32 bits wide: it wraps every 71 minutes. Two compares a turn see to it that tl_port_micros notices each wrap. */
static void timer(void)
{
    TIMER_MODE = 0;
    TIMER_BITMODE = 3;   /* 32 bits */
    TIMER_PRESCALER = 4; /* 16 MHz / 2^4 */
    TIMER_CC(1) = 0x40000000u;
    TIMER_CC(2) = 0xC0000000u;
    TIMER_INTENSET = 1u << 17 | 1u << 18;
    tl_irq_enable(8);
    TIMER_START = 1;
}

static uint64_t extended_micros(void)
{
    static uint32_t high, last;
    TIMER_CAPTURE(0) = 1;
    uint32_t now = TIMER_CC(0);
    if (now < last) high++;
    last = now;
    return (uint64_t)high << 32 | now;
}

void tl_irq_timer0(void)
{
    TIMER_COMPARE(1) = 0;
    TIMER_COMPARE(2) = 0;
    extended_micros();
}

uint64_t tl_port_micros(void)
{
    tl_irq_off();
    uint64_t now = extended_micros();
    tl_irq_on();
    return now;
}

void tl_port_init(void)
{
    clocks();
    timer();
    console();
}

