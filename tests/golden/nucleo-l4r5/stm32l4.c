/* STM32L4R5. RM = RM0432 rev 9. */
#include "tl_cpu.h"
#include "tl_port.h"
#include "tl_ring.h"

/* RM "RCC", "PWR", "FLASH": registers */
#define RCC(offset) TL_REG(0x40021000u + (offset))
#define PWR(offset) TL_REG(0x40007000u + (offset))
#define FLASH_ACR TL_REG(0x40022000u)
#define RCC_CR RCC(0x00u)
#define RCC_CFGR RCC(0x08u)
#define RCC_PLLCFGR RCC(0x0Cu)
#define RCC_APB1ENR1 0x58u
#define PWR_CR2 PWR(0x04u)
#define PWR_SR2 PWR(0x14u)
#define PWR_CR5 PWR(0x80u)
/* RM "GPIO": 0x400 bytes a port */
#define GPIO(pin, offset) TL_REG(0x48000000u + 0x400u * ((pin) / 16u) + (offset))
#define GPIO_MODER(pin) GPIO(pin, 0x00u)
#define GPIO_PUPDR(pin) GPIO(pin, 0x0Cu)
#define GPIO_AFR(pin) GPIO(pin, 0x20u + 4u * ((pin) % 16u / 8u))
/* RM "LPUART": registers */
#define UART(offset) TL_REG(0x40008000u + (offset))
#define UART_CR1 UART(0x00u)
#define UART_BRR UART(0x0Cu)
#define UART_STATUS UART(0x1Cu)
#define UART_ICR UART(0x20u)
#define UART_RECEIVED UART(0x24u)
#define UART_TO_SEND UART(0x28u)
/* RM "TIM2": registers */
#define TIM(offset) TL_REG(0x40000000u + (offset))
#define TIM_CR1 TIM(0x00u)
#define TIM_DIER TIM(0x0Cu)
#define TIM_SR TIM(0x10u)
#define TIM_EGR TIM(0x14u)
#define TIM_CNT TIM(0x24u)
#define TIM_PSC TIM(0x28u)
#define TIM_ARR TIM(0x2Cu)

#define TX 103u /* PG7 */
#define RX 104u /* PG8 */
enum { ERRORS = 0xF, RXNE = 1 << 5, TC = 1 << 6, TXE = 1 << 7 }; /* of the status register */
/* Of CR1; TXEIE here: when the FIFO for sending, eight bytes deep at least, is empty. */
enum { FIFO = 1 << 29, ON = 1 << 0, TXEIE = 1 << 30, RXNEIE = 1 << 5, TRANSMITTER = 1 << 3, RECEIVER = 1 << 2 };

static int uart_can_send(void)
{
    return (UART_STATUS & TXE) != 0;
}

static int uart_is_idle(void)
{
    return (UART_STATUS & TC) != 0;
}

static void uart_send(uint8_t byte)
{
    UART_TO_SEND = byte;
}

static void uart_interrupt(int on)
{
    UART_CR1 = on ? UART_CR1 | TXEIE : UART_CR1 & ~(uint32_t)TXEIE;
}

#include "tl_byte_uart.h"

void tl_irq_lpuart1(void)
{
    uint32_t status = UART_STATUS;
    if (status & RXNE) tl_ring_push((uint8_t)UART_RECEIVED);
    if (status & ERRORS) UART_ICR = ERRORS; /* a byte is damaged or lost: the command will be answered with an error */
    if (UART_CR1 & TXEIE) tl_uart_refill();
}

/* A register's clock takes two cycles to arrive: the read waits for it. */
static void enable(uint32_t offset, uint32_t bit)
{
    RCC(offset) |= 1u << bit;
    (void)RCC(offset);
}

static void wait_for(volatile const uint32_t *word, uint32_t mask, uint32_t value)
{
    while ((*word & mask) != value) {}
}

/* The internal 16 MHz oscillator (1 %): the board brings no crystal to the HSE pins. RM "PWR", Dynamic voltage scaling: the way from range 1
   normal to boost goes over half the AHB clock, and a microsecond there. */
static void clocks(void)
{
    RCC_CR |= 1u << 8; /* HSI16 */
    wait_for(&RCC_CR, 1u << 10, 1u << 10);
    enable(RCC_APB1ENR1, 28); /* PWR */
    PWR_CR2 |= 1u << 9;       /* port G has a supply of its own: declare it valid */
    wait_for(&PWR_SR2, 1u << 10, 0);
    PWR_CR5 &= ~(1u << 8); /* boost */
    RCC_CFGR = 8u << 4;    /* AHB at half */
    FLASH_ACR = 1u << 10 | 1u << 9 | 1u << 8 | 5u; /* both caches, prefetch, wait states */
    wait_for(&FLASH_ACR, 15u, 5u);
    RCC_PLLCFGR = 1u << 24 | 60u << 8 | 3u << 4 | 2u; /* HSI16 / 4 * 60 / 2 = 120 MHz, R on */
    RCC_CR |= 1u << 24;
    wait_for(&RCC_CR, 1u << 25, 1u << 25);
    RCC_CFGR |= 3u;
    wait_for(&RCC_CFGR, 3u << 2, 3u << 2);
    for (volatile uint32_t wait = 0; wait < 30u; wait++) {}
    RCC_CFGR = 3u;
}

static void connect(uint32_t pin, uint32_t function)
{
    uint32_t two = 2u * (pin % 16u), four = 4u * (pin % 8u);
    enable(76u, 0u + pin / 16u);
    GPIO_AFR(pin) = (GPIO_AFR(pin) & ~(15u << four)) | function << four;
    GPIO_PUPDR(pin) = (GPIO_PUPDR(pin) & ~(3u << two)) | 1u << two; /* pulled up: a cable that is not there sends nothing */
    GPIO_MODER(pin) = (GPIO_MODER(pin) & ~(3u << two)) | 2u << two; /* alternate function */
}

static void console(void)
{
    connect(TX, 8);
    connect(RX, 8);
    enable(92u, 0u);
    UART_BRR = 266667u; /* 120000000 Hz * 256 / 115200 */
    UART_CR1 = FIFO; /* can be changed while the UART is off only */
    UART_CR1 = FIFO | ON | RXNEIE | TRANSMITTER | RECEIVER;
    tl_irq_enable(70);
}

/* 1 MHz, 32 bits wide: it wraps every 71 minutes, and its interrupt counts the wraps. */
static volatile uint32_t wraps;

static void timer(void)
{
    enable(88u, 0u);
    TIM_PSC = 119u; /* 120000000 Hz */
    TIM_ARR = 0xFFFFFFFFu;
    TIM_EGR = 1; /* takes the prescaler over */
    TIM_SR = 0;
    TIM_DIER = 1;
    tl_irq_enable(28);
    TIM_CR1 = 1;
}

void tl_irq_tim2(void)
{
    if (TIM_SR & 1u) { /* the clearing may arrive after the return, which would call us again */
        TIM_SR = 0;
        wraps++;
    }
}

uint64_t tl_port_micros(void)
{
    tl_irq_off();
    uint32_t high = wraps, low = TIM_CNT;
    if (TIM_SR & 1u) { /* it has wrapped, and the interrupt has not come to us yet */
        low = TIM_CNT;
        high++;
    }
    tl_irq_on();
    return (uint64_t)high << 32 | low;
}

void tl_port_init(void)
{
    clocks();
    timer();
    console();
}
