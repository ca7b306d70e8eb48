/* Raspberry Pi RP2350 (RISC-V). DS = RP2350 Datasheet, release 2.2. */
#include "tl_cpu.h"
#include "tl_port.h"
#include "tl_ring.h"

/* DS 2.14.3 */
#define RESETS(offset) TL_REG(0x40020000u + (offset))
#define RESET RESETS(0x0u)
#define RESET_DONE RESETS(0x8u)
/* DS 2.16.7 */
#define XOSC(offset) TL_REG(0x40048000u + (offset))
#define XOSC_CTRL XOSC(0x00u)
#define XOSC_STATUS XOSC(0x04u)
#define XOSC_STARTUP XOSC(0x0Cu)
/* DS 2.18.4 */
#define PLL(offset) TL_REG(0x40050000u + (offset))
#define PLL_CS PLL(0x0u)
#define PLL_PWR PLL(0x4u)
#define PLL_FBDIV_INT PLL(0x8u)
#define PLL_PRIM PLL(0xCu)
/* DS 2.15.7 */
#define CLOCKS(offset) TL_REG(0x40010000u + (offset))
#define CLK_REF_CTRL CLOCKS(0x30u)
#define CLK_REF_SELECTED CLOCKS(0x38u)
#define CLK_SYS_CTRL CLOCKS(0x3Cu)
#define CLK_SYS_SELECTED CLOCKS(0x44u)
#define CLK_PERI_CTRL CLOCKS(0x48u)
/* DS 8.5 */
#define TICKS_TIMER0_CTRL TL_REG(0x40108000u + 0x18u)
#define TICKS_TIMER0_CYCLES TL_REG(0x40108000u + 0x1Cu)
/* DS 4.6.5 */
#define TIMER(offset) TL_REG(0x400b0000u + (offset))
#define TIMERAWH TIMER(0x24u)
#define TIMERAWL TIMER(0x28u)
/* DS 2.19.6.1, 2.19.6.3 */
#define GPIO_CTRL(pin) TL_REG(0x40028000u + 8u * (pin) + 4u)
#define PAD(pin) TL_REG(0x40038000u + 4u * (pin) + 4u)
/* DS 4.2.8 */
#define UART(offset) TL_REG(0x40070000u + (offset))
#define UARTDR UART(0x00u)
#define UARTFR UART(0x18u)
#define UARTIBRD UART(0x24u)
#define UARTFBRD UART(0x28u)
#define UARTLCR_H UART(0x2Cu)
#define UARTCR UART(0x30u)
#define UARTIFLS UART(0x34u)
#define UARTIMSC UART(0x38u)
#define UARTICR UART(0x44u)

enum { TX = 0, RX = 1 };
enum { FR_BUSY = 1 << 3, FR_RXFE = 1 << 4, FR_TXFF = 1 << 5 };
enum { IRQ_RX = 1 << 4, IRQ_TX = 1 << 5, IRQ_RX_TIMEOUT = 1 << 6 };
/* Bits of RESETS, DS 7.5.3 */
enum { IO_BANK0 = 1 << 6, PADS_BANK0 = 1 << 9, PLL_SYS = 1 << 14, TIMER_BLOCK = 1 << 23, UART_BLOCK = 1 << 26 };

/* IMAGE_DEF, DS 5.9.5: what the boot ROM looks for in the first 4 KiB. An executable for the RISC-V cores of an RP2350, secure;
   one item, and a loop of one block. Without more it starts with the image's first instruction. */
__attribute__((section(".image_definition"), used)) static const uint32_t image_definition[] = {
    0xFFFFDED3u, 0x11010142u, 0x000001FFu, 0x00000000u, 0xAB123579u,
};

enum { EXTERNAL = 11 }; /* in mcause and mie: an interrupt from outside the core */

static volatile uint8_t by_polling;

static void out_of_reset(uint32_t blocks)
{
    RESET &= ~blocks;
    while ((RESET_DONE & blocks) != blocks) {}
}

static void clocks(void)
{
    /* The crystal, 12 MHz; 1 ms to settle, counted in 256 cycles (DS 2.16.3). */
    XOSC_CTRL = 0xAA0;
    XOSC_STARTUP = (12000000u / 1000u + 128u) / 256u;
    XOSC_CTRL = 0xFABu << 12 | 0xAA0u;
    while (!(XOSC_STATUS >> 31)) {}
    /* clk_ref from the crystal, clk_sys from clk_ref while the PLL is set up (DS 2.15.3.2). */
    CLK_REF_CTRL = 2;
    while (!(CLK_REF_SELECTED & 1u << 2)) {}
    CLK_SYS_CTRL = 0;
    while (!(CLK_SYS_SELECTED & 1u << 0)) {}
    /* 12 MHz * 125 = 1500 MHz, / 5 / 2 = 150 MHz (DS 2.18.2). */
    RESET |= PLL_SYS;
    out_of_reset(PLL_SYS);
    PLL_CS = 1;
    PLL_FBDIV_INT = 125;
    PLL_PWR &= ~(1u << 0 | 1u << 5); /* power, VCO */
    while (!(PLL_CS >> 31)) {}
    PLL_PRIM = 5u << 16 | 2u << 12;
    PLL_PWR &= ~(1u << 3); /* post dividers */
    CLK_SYS_CTRL = 0u << 5 | 1u; /* from PLL_SYS */
    while (!(CLK_SYS_SELECTED & 1u << 1)) {}
    CLK_PERI_CTRL = 1u << 11;  /* on, from clk_sys */
    TICKS_TIMER0_CYCLES = 12; /* 1 us of clk_ref: the timer counts these */
    TICKS_TIMER0_CTRL = 1;
}

static void console(void)
{
    PAD(RX) = 1u << 6 | 1u << 3 | 1u << 1; /* input, pulled up, Schmitt trigger; no longer isolated (DS 9.7) */
    PAD(TX) = 1u << 4 | 1u << 1;           /* 4 mA */
    GPIO_CTRL(TX) = 2;                     /* function 2: UART (DS 2.19.2) */
    GPIO_CTRL(RX) = 2;
    UARTIBRD = 81; /* 150000000 Hz / (16 * 115200) = 81 + 24/64 (DS 4.2.7.1) */
    UARTFBRD = 24;
    UARTLCR_H = 3u << 5 | 1u << 4; /* 8 bits, FIFOs; also makes the divisor take effect */
    UARTIFLS = 0;                  /* interrupts at an eighth: 4 bytes received, 4 left to send */
    UARTIMSC = IRQ_RX | IRQ_RX_TIMEOUT;
    UARTCR = 1u << 0 | 1u << 8 | 1u << 9;
    /* MEIEA (pico-sdk, hardware/regs/rvcsr.h): 16 enables at a time in the upper half, which 16 in the lower. Only the UART interrupts. */
    for (uint32_t window = 0; window < 4; window++) {
        uint32_t enables = window == 2 ? 1u << 1 : 0;
        __asm__ volatile("csrw 0xbe0, %0" ::"r"(enables << 16 | window));
    }
    __asm__ volatile("csrw mie, %0" ::"r"(1u << EXTERNAL));
    tl_irq_on();
}

void tl_irq(uint32_t number)
{
    if (number != EXTERNAL) return;
    UARTIMSC = IRQ_RX | IRQ_RX_TIMEOUT;         /* TX has woken tl_port_write and is done */
    UARTICR = IRQ_RX | IRQ_RX_TIMEOUT | IRQ_TX; /* before the FIFO is emptied: a byte that comes now asks again */
    while (!(UARTFR & FR_RXFE)) tl_ring_push((uint8_t)UARTDR);
}

void tl_port_init(void)
{
    out_of_reset(IO_BANK0 | PADS_BANK0 | TIMER_BLOCK);
    clocks();
    out_of_reset(UART_BLOCK);
    console();
}

/* Read high, low, high: the pair is right when the high word stood still (DS 4.6.2, TIMERAW). */
uint64_t tl_port_micros(void)
{
    uint32_t high, low;
    do {
        high = TIMERAWH;
        low = TIMERAWL;
    } while (high != TIMERAWH);
    return (uint64_t)high << 32 | low;
}

static void wait_for_space(void)
{
    if (by_polling) {
        while (UARTFR & FR_TXFF) {}
        return;
    }
    while (UARTFR & FR_TXFF) {
        tl_irq_off();
        UARTIMSC = IRQ_RX | IRQ_RX_TIMEOUT | IRQ_TX;
        if (UARTFR & FR_TXFF) tl_sleep();
        tl_irq_on();
    }
}

/* The FIFO takes 32 bytes: a short line costs a computation no time. */
void tl_port_write(const char *bytes, uint32_t count)
{
    while (count--) {
        wait_for_space();
        UARTDR = (uint8_t)*bytes++;
    }
}

void tl_port_flush(void)
{
    while (UARTFR & FR_BUSY) {}
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
