/* Nordic nRF5340. PS = nRF5340 Product Specification v1.3. */
#include "tl_cpu.h"
#include "tl_port.h"
#include "tl_ring.h"

/* PS "CLOCK": registers */
#define HFCLKSTART TL_REG(0x50005000u + 0x000u)
#define HFCLKSTARTED TL_REG(0x50005000u + 0x100u)
/* PS "CLOCK": HFCLKCTRL; "CACHE": ENABLE */
#define HFCLKCTRL TL_REG(0x50005000u + 0x558u)
#define CACHE_ENABLE TL_REG(0x50001000u + 0x500u)
/* PS "GPIO" */
#define GPIO(pin, offset) TL_REG(0x50842000u + 0x300u * ((pin) / 32u) + (offset))
#define GPIO_OUTSET(pin) GPIO(pin, 0x508u)
#define GPIO_OUTCLR(pin) GPIO(pin, 0x50Cu)
#define GPIO_PIN_CNF(pin) GPIO(pin, 0x700u + 4u * ((pin) % 32u))
/* PS "UARTE": registers */
#define UARTE(offset) TL_REG(0x50008000u + (offset))
#define STARTRX UARTE(0x000u)
#define STARTTX UARTE(0x008u)
#define ENDRX UARTE(0x110u)
#define ENDTX UARTE(0x120u)
#define ERROR UARTE(0x124u)
#define INTENSET UARTE(0x304u)
#define ERRORSRC UARTE(0x480u)
#define ENABLE UARTE(0x500u)
#define PSEL_RTS UARTE(0x508u)
#define PSEL_TXD UARTE(0x50Cu)
#define PSEL_CTS UARTE(0x510u)
#define PSEL_RXD UARTE(0x514u)
#define BAUDRATE UARTE(0x524u)
#define RXD_PTR UARTE(0x534u)
#define RXD_MAXCNT UARTE(0x538u)
#define TXD_PTR UARTE(0x544u)
#define TXD_MAXCNT UARTE(0x548u)
#define CONFIG UARTE(0x56Cu)
/* PS "TIMER": registers */
#define TIMER(offset) TL_REG(0x5000f000u + (offset))
#define TIMER_START TIMER(0x000u)
#define TIMER_CAPTURE(n) TIMER(0x040u + 4u * (n))
#define TIMER_COMPARE(n) TIMER(0x140u + 4u * (n))
#define TIMER_INTENSET TIMER(0x304u)
#define TIMER_MODE TIMER(0x504u)
#define TIMER_BITMODE TIMER(0x508u)
#define TIMER_PRESCALER TIMER(0x510u)
#define TIMER_CC(n) TIMER(0x540u + 4u * (n))

#define TX 20u /* P0.20 */
#define RX 22u /* P0.22 */

enum { BOUNCE_BYTES = 64 };

/* EasyDMA reads and writes RAM only (PS "EasyDMA"): constants in flash have to go through here. */
static volatile char bounce[BOUNCE_BYTES];
static volatile uint8_t received;
static volatile uint8_t sending, by_polling;

/* One byte a transfer. The receiver's own FIFO holds what arrives until the next STARTRX (PS "UARTE", Reception); longer
   transfers would hide the last bytes of a command until the buffer is full, and stall in Renode. */
void tl_irq_uarte0(void)
{
    if (ENDRX) {
        ENDRX = 0;
        tl_ring_push(received);
        STARTRX = 1;
    }
    if (ENDTX) {
        ENDTX = 0;
        sending = 0;
    }
    if (ERROR) { /* framing or overrun: the byte is damaged, the command will be answered with an error */
        ERROR = 0;
        ERRORSRC = ERRORSRC;
    }
}

static void clocks(void)
{
    /* The crystal: the internal oscillator is too inexact for the timer (PS "CLOCK", HFINT is +-1.5 %). */
    HFCLKSTARTED = 0;
    HFCLKSTART = 1;
    while (!HFCLKSTARTED) {}
    HFCLKCTRL = 0; /* 128 MHz; 64 after a reset */
    CACHE_ENABLE = 1; /* without it every branch waits for the flash */
}

static void console(void)
{
    GPIO_OUTSET(TX) = 1u << TX % 32u;   /* idle level, before the UART drives the pin */
    GPIO_PIN_CNF(TX) = 1u | 1u << 1;    /* output, input buffer off */
    GPIO_PIN_CNF(RX) = 3u << 2;         /* input, pulled up: a cable that is not there sends nothing */
    PSEL_TXD = TX;
    PSEL_RXD = RX;
    PSEL_RTS = 0xFFFFFFFFu;
    PSEL_CTS = 0xFFFFFFFFu;
    BAUDRATE = 0x01d60000u; /* 115200 */
    CONFIG = 0;                         /* 8 data bits, no parity, one stop bit */
    ENABLE = 8;
    RXD_PTR = (uint32_t)(uintptr_t)&received;
    RXD_MAXCNT = 1;
    ENDRX = 0;
    ENDTX = 0;
    INTENSET = 1u << 4 | 1u << 8 | 1u << 9; /* ENDRX, ENDTX, ERROR */
    tl_irq_enable(8);
    STARTRX = 1;
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
    tl_irq_enable(15);
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

void tl_port_flush(void)
{
    if (by_polling) { /* not for ever: what is known about the transfer may be wrong after a fault */
        for (uint32_t tries = 0; sending && !ENDTX && tries < 1000000u; tries++) {}
        ENDTX = 0;
        sending = 0;
        return;
    }
    for (;;) {
        tl_irq_off();
        if (!sending) break;
        tl_sleep();
        tl_irq_on();
    }
    tl_irq_on();
}

/* Returns while the DMA is still sending, so that a line costs a computation no time. */
void tl_port_write(const char *bytes, uint32_t count)
{
    while (count) {
        uint32_t part = count < BOUNCE_BYTES ? count : BOUNCE_BYTES;
        tl_port_flush();
        for (uint32_t i = 0; i < part; i++) bounce[i] = bytes[i];
        TXD_PTR = (uint32_t)(uintptr_t)bounce;
        TXD_MAXCNT = part;
        sending = 1;
        STARTTX = 1;
        bytes += part;
        count -= part;
    }
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
    by_polling = 1;
}
