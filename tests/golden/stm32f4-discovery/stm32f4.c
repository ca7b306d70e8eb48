/* STM32F407xG. RM = RM0090 rev 19. */
#include "tl_cpu.h"
#include "tl_port.h"
#include "tl_ring.h"

/* RM "RCC", "PWR", "FLASH": registers */
#define RCC(offset) TL_REG(0x40023800u + (offset))
#define PWR(offset) TL_REG(0x40007000u + (offset))
#define FLASH_ACR TL_REG(0x40023c00u)
#define RCC_CR RCC(0x00u)
#define RCC_PLLCFGR RCC(0x04u)
#define RCC_CFGR RCC(0x08u)
#define RCC_APB1ENR 0x40u
#define PWR_CR PWR(0x00u)
/* RM "GPIO": 0x400 bytes a port */
#define GPIO(pin, offset) TL_REG(0x40020000u + 0x400u * ((pin) / 16u) + (offset))
#define GPIO_MODER(pin) GPIO(pin, 0x00u)
#define GPIO_PUPDR(pin) GPIO(pin, 0x0Cu)
#define GPIO_AFR(pin) GPIO(pin, 0x20u + 4u * ((pin) % 16u / 8u))
/* RM "USART": registers */
#define UART(offset) TL_REG(0x40004400u + (offset))
#define UART_STATUS UART(0x00u)
#define UART_RECEIVED UART(0x04u)
#define UART_TO_SEND UART(0x04u)
#define UART_BRR UART(0x08u)
#define UART_CR1 UART(0x0Cu)
/* RM "TIM2": registers */
#define TIM(offset) TL_REG(0x40000000u + (offset))
#define TIM_CR1 TIM(0x00u)
#define TIM_DIER TIM(0x0Cu)
#define TIM_SR TIM(0x10u)
#define TIM_EGR TIM(0x14u)
#define TIM_CNT TIM(0x24u)
#define TIM_PSC TIM(0x28u)
#define TIM_ARR TIM(0x2Cu)

#define TX 2u /* PA2 */
#define RX 3u /* PA3 */
enum { ERRORS = 0xF, RXNE = 1 << 5, TC = 1 << 6, TXE = 1 << 7 }; /* of the status register */
enum { ON = 1 << 13, TXEIE = 1 << 7, RXNEIE = 1 << 5, TRANSMITTER = 1 << 3, RECEIVER = 1 << 2 }; /* of CR1 */

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

void tl_irq_usart2(void)
{
    uint32_t status = UART_STATUS;
    if (status & (RXNE | ERRORS)) { /* reading status and data clears the errors, too; the command will be answered with one */
        uint8_t byte = (uint8_t)UART_RECEIVED;
        if (status & RXNE) tl_ring_push(byte);
    }
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

static void clocks(void)
{
    RCC_CR |= 1u << 16; /* HSE */
    wait_for(&RCC_CR, 1u << 17, 1u << 17);
    enable(RCC_APB1ENR, 28); /* PWR */
    PWR_CR |= 1u << 14;      /* voltage scale 1: more than 144 MHz */
    FLASH_ACR = 1u << 10 | 1u << 9 | 1u << 8 | 5u; /* both caches, prefetch, wait states */
    wait_for(&FLASH_ACR, 7u, 5u);
    RCC_CFGR = 4u << 13 | 5u << 10; /* APB2 / 2, APB1 / 4, before the core is faster than they may be */
    /* HSE / 4 * 168 / 2 = 168 MHz; Q: at most 48 MHz for USB, which is not used */
    RCC_PLLCFGR = 7u << 24 | 1u << 22 | 0u << 16 | 168u << 6 | 4u;
    RCC_CR |= 1u << 24;
    wait_for(&RCC_CR, 1u << 25, 1u << 25);
    RCC_CFGR |= 2u;
    wait_for(&RCC_CFGR, 3u << 2, 2u << 2);
}

static void connect(uint32_t pin, uint32_t function)
{
    uint32_t two = 2u * (pin % 16u), four = 4u * (pin % 8u);
    enable(48u, 0u + pin / 16u);
    GPIO_AFR(pin) = (GPIO_AFR(pin) & ~(15u << four)) | function << four;
    GPIO_PUPDR(pin) = (GPIO_PUPDR(pin) & ~(3u << two)) | 1u << two; /* pulled up: a cable that is not there sends nothing */
    GPIO_MODER(pin) = (GPIO_MODER(pin) & ~(3u << two)) | 2u << two; /* alternate function */
}

static void console(void)
{
    connect(TX, 7);
    connect(RX, 7);
    enable(64u, 17u);
    UART_BRR = 365u; /* 42000000 Hz / 115200 */
    UART_CR1 = ON | RXNEIE | TRANSMITTER | RECEIVER;
    tl_irq_enable(38);
}

/* 1 MHz, 32 bits wide: it wraps every 71 minutes, and its interrupt counts the wraps. */
static volatile uint32_t wraps;

static void timer(void)
{
    enable(64u, 0u);
    TIM_PSC = 83u; /* 84000000 Hz */
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
