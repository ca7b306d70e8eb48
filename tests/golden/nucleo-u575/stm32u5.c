/* STM32U575xI. RM = RM0456 rev 5. */
#include "tl_cpu.h"
#include "tl_port.h"
#include "tl_ring.h"

/* RM "RCC", "PWR", "FLASH": registers */
#define RCC(offset) TL_REG(0x46020c00u + (offset))
#define PWR(offset) TL_REG(0x46020800u + (offset))
#define FLASH_ACR TL_REG(0x40022000u)
#define RCC_CR RCC(0x00u)
#define RCC_CFGR1 RCC(0x1Cu)
#define RCC_PLL1CFGR RCC(0x28u)
#define RCC_PLL1DIVR RCC(0x34u)
#define RCC_AHB3ENR 0x94u
#define PWR_VOSR PWR(0x0Cu)
/* RM "ICACHE": registers */
#define ICACHE_CR TL_REG(0x40030400u)
#define ICACHE_SR TL_REG(0x40030400u + 0x04u)
/* RM "GPIO": 0x400 bytes a port */
#define GPIO(pin, offset) TL_REG(0x42020000u + 0x400u * ((pin) / 16u) + (offset))
#define GPIO_MODER(pin) GPIO(pin, 0x00u)
#define GPIO_PUPDR(pin) GPIO(pin, 0x0Cu)
#define GPIO_AFR(pin) GPIO(pin, 0x20u + 4u * ((pin) % 16u / 8u))
/* RM "USART": registers */
#define UART(offset) TL_REG(0x40013800u + (offset))
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

#define TX 9u /* PA9 */
#define RX 10u /* PA10 */
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

void tl_irq_usart1(void)
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

/* The internal 16 MHz oscillator (1 %). RM "PWR", Dynamic voltage scaling; "RCC", PLL: above 55 MHz the booster has to run, clocked from
   the PLL's source at 4 to 16 MHz. */
static void clocks(void)
{
    RCC_CR |= 1u << 8; /* HSI16 */
    wait_for(&RCC_CR, 1u << 10, 1u << 10);
    enable(RCC_AHB3ENR, 2); /* PWR */
    PWR_VOSR |= 3u << 16;   /* range 1 */
    wait_for(&PWR_VOSR, 1u << 15, 1u << 15);
    FLASH_ACR = 1u << 8 | 4u; /* prefetch, wait states */
    wait_for(&FLASH_ACR, 15u, 4u);
    wait_for(&ICACHE_SR, 1u, 0); /* it clears itself after a reset */
    ICACHE_CR |= 1u;
    RCC_PLL1CFGR = 1u << 18 | 3u << 2 | 2u;   /* R on; HSI16, 8 to 16 MHz; booster clock undivided */
    PWR_VOSR |= 1u << 18;                     /* booster */
    wait_for(&PWR_VOSR, 1u << 14, 1u << 14);
    RCC_PLL1DIVR = 1u << 24 | 1u << 16 | 1u << 9 | 19u; /* * 20 / 2 = 160 MHz */
    RCC_CR |= 1u << 24;
    wait_for(&RCC_CR, 1u << 25, 1u << 25);
    RCC_CFGR1 |= 3u;
    wait_for(&RCC_CFGR1, 3u << 2, 3u << 2);
}

static void connect(uint32_t pin, uint32_t function)
{
    uint32_t two = 2u * (pin % 16u), four = 4u * (pin % 8u);
    enable(140u, 0u + pin / 16u);
    GPIO_AFR(pin) = (GPIO_AFR(pin) & ~(15u << four)) | function << four;
    GPIO_PUPDR(pin) = (GPIO_PUPDR(pin) & ~(3u << two)) | 1u << two; /* pulled up: a cable that is not there sends nothing */
    GPIO_MODER(pin) = (GPIO_MODER(pin) & ~(3u << two)) | 2u << two; /* alternate function */
}

static void console(void)
{
    connect(TX, 7);
    connect(RX, 7);
    enable(164u, 14u);
    UART_BRR = 1389u; /* 160000000 Hz / 115200 */
    UART_CR1 = FIFO; /* can be changed while the UART is off only */
    UART_CR1 = FIFO | ON | RXNEIE | TRANSMITTER | RECEIVER;
    tl_irq_enable(61);
}

/* 1 MHz, 32 bits wide: it wraps every 71 minutes, and its interrupt counts the wraps. */
static volatile uint32_t wraps;

static void timer(void)
{
    enable(156u, 0u);
    TIM_PSC = 159u; /* 160000000 Hz */
    TIM_ARR = 0xFFFFFFFFu;
    TIM_EGR = 1; /* takes the prescaler over */
    TIM_SR = 0;
    TIM_DIER = 1;
    tl_irq_enable(45);
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
