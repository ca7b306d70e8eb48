/* ESP32-C3, started by direct boot. TRM = ESP32-C3 Technical Reference Manual v1.1; IDF = esp-idf v5.1, as named. */
#include "tl_cpu.h"
#include "tl_port.h"
#include "tl_ring.h"

/* TRM, "UART Controller", Register Summary */
#define UART(offset) TL_REG(0x60000000u + (offset))
#define UART_FIFO UART(0x00u)
#define UART_INT_ENA UART(0x0Cu)
#define UART_INT_CLR UART(0x10u)
#define UART_CLKDIV UART(0x14u)
#define UART_STATUS UART(0x1Cu)
#define UART_CONF1 UART(0x24u)
#define UART_FSM_STATUS UART(0x6Cu)
#define UART_CLK_CONF UART(0x78u)
#define UART_ID UART(0x80u)
/* TRM, "IO MUX and GPIO Matrix" */
#define IO_MUX(pin) TL_REG(0x60009000u + 4u + 4u * (pin))
/* TRM, "Low-power Management", "Watchdog Timers" */
#define RTC(offset) TL_REG(0x60008000u + (offset))
#define TIMG(base, offset) TL_REG((base) + (offset))
/* TRM, "System Registers" */
#define SYSTEM_CPU_PER_CONF TL_REG(0x600c0000u + 0x08u)
#define SYSTEM_SYSCLK_CONF TL_REG(0x600c0000u + 0x58u)
/* TRM, "System Timer" */
#define SYSTIMER(offset) TL_REG(0x60023000u + (offset))
/* TRM, "Interrupt Matrix" */
#define INTERRUPT(offset) TL_REG(0x600c2000u + (offset))
/* IDF, soc/regi2c_defs.h: I2C_MST_ANA_CONF0 */
#define ANA_CONF0 TL_REG(0x6000e000u + 0x40u)

enum { TX = 21, RX = 20, SOURCE = 21, LINE = 1, RX_FULL = 1 << 0, FIFO_BYTES = 128 };

/* IDF, esp_rom/esp32c3/ld/esp32c3.rom.ld: functions in ROM that write to the PLL over an internal bus. */
typedef void write_register(uint8_t block, uint8_t host, uint8_t address, uint8_t value);
typedef void write_bits(uint8_t block, uint8_t host, uint8_t address, uint8_t high, uint8_t low, uint8_t value);
#define ROM_WRITE ((write_register *)(uintptr_t)0x4000195Cu)
#define ROM_WRITE_BITS ((write_bits *)(uintptr_t)0x40001960u)

/* The ROM starts a watchdog in case that the image does not start. TRM, "Watchdog Timers". */
static void no_watchdogs(void)
{
    RTC(0xA8u) = 0x50D83AA1u;
    RTC(0x90u) = 0;
    RTC(0xA8u) = 0;
    RTC(0xB0u) = 0x8F1D312Au; /* the super watchdog feeds itself */
    RTC(0xACu) |= 1u << 31;
    RTC(0xB0u) = 0;
    TIMG(0x6001f000u, 0x64u) = 0x50D83AA1u;
    TIMG(0x6001f000u, 0x48u) = 0;
    TIMG(0x6001f000u, 0x64u) = 0;
    TIMG(0x60020000u, 0x64u) = 0x50D83AA1u;
    TIMG(0x60020000u, 0x48u) = 0;
    TIMG(0x60020000u, 0x64u) = 0;
}

static uint64_t ticks(void)
{
    SYSTIMER(0x04u) = 1u << 30;
    while (!(SYSTIMER(0x04u) & 1u << 29)) {}
    uint64_t high = SYSTIMER(0x40u);
    return high << 32 | SYSTIMER(0x44u);
}

/* 480 MHz from the 40 MHz crystal, a third of that for the core. The PLL's numbers: IDF, hal/esp32c3/include/hal/clk_tree_ll.h,
   clk_ll_bbpll_set_config. */
static void clock(void)
{
    enum { PLL = 0x66, MODE = 4, REFERENCE = 2, DIVIDER = 3, DR = 5, CURRENT = 6, BIAS = 9 };
    RTC(0x00u) &= ~(1u << 10 | 1u << 8 | 1u << 6); /* power */
    SYSTEM_CPU_PER_CONF |= 1u << 2;                /* 480 MHz */
    ANA_CONF0 &= ~(1u << 2);                       /* calibrate */
    ANA_CONF0 |= 1u << 3;
    ROM_WRITE(PLL, 0, MODE, 0x6B);
    ROM_WRITE(PLL, 0, REFERENCE, 5 << 4 | 0);
    ROM_WRITE(PLL, 0, DIVIDER, 8);
    ROM_WRITE_BITS(PLL, 0, DR, 2, 0, 0);
    ROM_WRITE_BITS(PLL, 0, DR, 6, 4, 0);
    ROM_WRITE(PLL, 0, CURRENT, 2 << 6 | 1 << 4 | 3);
    ROM_WRITE_BITS(PLL, 0, BIAS, 1, 0, 2);
    ROM_WRITE_BITS(PLL, 0, CURRENT, 5, 4, 2);
    ROM_WRITE_BITS(PLL, 0, CURRENT, 7, 6, 1);
    uint64_t since = ticks();
    while (ticks() - since < 16u * 100u) {} /* 100 us to settle */
    SYSTEM_CPU_PER_CONF = (SYSTEM_CPU_PER_CONF & ~3u) | 1u;
    SYSTEM_SYSCLK_CONF = (SYSTEM_SYSCLK_CONF & ~(0xC00u | 0x3FFu)) | 1u << 10;
}

void tl_irq(uint32_t number)
{
    if (number != LINE) return;
    while (UART_STATUS & 0x3FFu) tl_ring_push((uint8_t)UART_FIFO);
    UART_INT_CLR = RX_FULL;
}

void tl_port_init(void)
{
    no_watchdogs();
    clock();
    IO_MUX(TX) = (IO_MUX(TX) & ~(7u << 12)); /* function 0: UART0 */
    IO_MUX(RX) = (IO_MUX(RX) & ~(7u << 12)) | 1u << 9 | 1u << 8; /* the same, input, pulled up */
    UART_CLK_CONF = 3u << 24 | 1u << 22 | 3u << 20; /* from the crystal, 40 MHz */
    UART_CLKDIV = 4u << 20 | 347u; /* 40 MHz / 115200 = 347 + 4/16 */
    UART_CONF1 = (UART_CONF1 & ~0x1FFu) | 1u; /* an interrupt for every byte */
    UART_ID |= 1u << 31;                      /* take these over */
    while (UART_ID >> 31) {}
    UART_INT_ENA = RX_FULL;
    INTERRUPT(4u * SOURCE) = LINE;
    INTERRUPT(0x114u + 4u * LINE) = 1; /* priority */
    INTERRUPT(0x194u) = 1;             /* threshold */
    INTERRUPT(0x104u) |= 1u << LINE;
    __asm__ volatile("fence" ::: "memory");
    tl_irq_on();
}

/* 16 MHz, 52 bits: wraps after nine years. */
uint64_t tl_port_micros(void)
{
    return ticks() / 16u;
}

void tl_port_write(const char *bytes, uint32_t count)
{
    while (count--) {
        while ((UART_STATUS >> 16 & 0x3FFu) >= FIFO_BYTES - 1) {}
        UART_FIFO = (uint8_t)*bytes++;
    }
}

void tl_port_flush(void)
{
    while ((UART_STATUS >> 16 & 0x3FFu) || (UART_FSM_STATUS >> 4 & 0xFu)) {}
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
