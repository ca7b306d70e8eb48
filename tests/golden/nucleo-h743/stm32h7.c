/* STM32H743xI. RM = RM0433 rev 8. */
#include "tl_cpu.h"
#include "tl_port.h"
#include "tl_ring.h"

/* RM "RCC", "PWR", "FLASH": registers */
#define RCC(offset) TL_REG(0x58024400u + (offset))
#define PWR(offset) TL_REG(0x58024800u + (offset))
#define FLASH_ACR TL_REG(0x52002000u)
#define RCC_CR RCC(0x00u)
#define RCC_CFGR RCC(0x10u)
#define RCC_D1CFGR RCC(0x18u)
#define RCC_D2CFGR RCC(0x1Cu)
#define RCC_D3CFGR RCC(0x20u)
#define RCC_PLLCKSELR RCC(0x28u)
#define RCC_PLLCFGR RCC(0x2Cu)
#define RCC_PLL1DIVR RCC(0x30u)
#define RCC_APB4ENR 0xF4u
#define PWR_CSR1 PWR(0x04u)
#define PWR_CR3 PWR(0x0Cu)
#define PWR_D3CR PWR(0x18u)
#define SYSCFG_PWRCR TL_REG(0x58000400u + 0x2Cu)
/* ARMv7-M manual B3.5: MPU */
#define MPU_CTRL TL_REG(0xE000ED94u)
#define MPU_RNR TL_REG(0xE000ED98u)
#define MPU_RBAR TL_REG(0xE000ED9Cu)
#define MPU_RASR TL_REG(0xE000EDA0u)
/* RM "GPIO": 0x400 bytes a port */
#define GPIO(pin, offset) TL_REG(0x58020000u + 0x400u * ((pin) / 16u) + (offset))
#define GPIO_MODER(pin) GPIO(pin, 0x00u)
#define GPIO_PUPDR(pin) GPIO(pin, 0x0Cu)
#define GPIO_AFR(pin) GPIO(pin, 0x20u + 4u * ((pin) % 16u / 8u))
/* RM "USART": registers */
#define UART(offset) TL_REG(0x40004800u + (offset))
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

#define TX 56u /* PD8 */
#define RX 57u /* PD9 */
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

void tl_irq_usart3(void)
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

/* The core may read ahead wherever memory is "normal", also where nothing answers and the bus would hang (ST AN4838): one region of 4 GB
   without access, its eighths 0, 1, 2 and 7 (flash, RAM, peripherals, the core's own) switched off, so that the usual map counts there. */
static void forbid_reading_ahead(void)
{
    MPU_CTRL = 0;
    MPU_RNR = 0;
    MPU_RBAR = 0;
    MPU_RASR = 1u << 28 | 0x87u << 8 | 31u << 1 | 1u;
    MPU_CTRL = 1u << 2 | 1u;
    __asm__ volatile("dsb\n\tisb" ::: "memory");
}

/* RM "PWR", Voltage regulator; "RCC"; "FLASH", table of wait states. */
static void clocks(void)
{
    forbid_reading_ahead();
    PWR_CR3 = (PWR_CR3 & ~7u) | 1u << 1; /* the regulator supplies the core: can be written once, and has to be */
    wait_for(&PWR_CSR1, 1u << 13, 1u << 13);
    PWR_D3CR |= 3u << 14; /* voltage scale 1 */
    wait_for(&PWR_D3CR, 1u << 13, 1u << 13);
    enable(RCC_APB4ENR, 1); /* SYSCFG */
    SYSCFG_PWRCR |= 1u;     /* overdrive: voltage scale 0 */
    wait_for(&PWR_D3CR, 1u << 13, 1u << 13);
    RCC_CR |= 1u << 16 | 1u << 18; /* HSE, a clock signal from outside */
    wait_for(&RCC_CR, 1u << 17, 1u << 17);
    FLASH_ACR = 2u << 4 | 4u;
    wait_for(&FLASH_ACR, 15u, 4u);
    RCC_D1CFGR = 4u << 4 | 8u; /* AXI and AHB / 2, APB3 / 4 */
    RCC_D2CFGR = 4u << 8 | 4u << 4;
    RCC_D3CFGR = 4u << 4;
    RCC_PLLCKSELR = 2u << 4 | 2u;         /* HSE / 2 */
    RCC_PLLCFGR = 1u << 16 | 2u << 2;     /* P on; input of 4 to 8 MHz, wide range */
    RCC_PLL1DIVR = 1u << 24 | 1u << 16 | 1u << 9 | 239u; /* * 240 / 2 = 480 MHz */
    RCC_CR |= 1u << 24;
    wait_for(&RCC_CR, 1u << 25, 1u << 25);
    RCC_CFGR |= 3u;
    wait_for(&RCC_CFGR, 7u << 3, 3u << 3);
}

static void connect(uint32_t pin, uint32_t function)
{
    uint32_t two = 2u * (pin % 16u), four = 4u * (pin % 8u);
    enable(224u, 0u + pin / 16u);
    GPIO_AFR(pin) = (GPIO_AFR(pin) & ~(15u << four)) | function << four;
    GPIO_PUPDR(pin) = (GPIO_PUPDR(pin) & ~(3u << two)) | 1u << two; /* pulled up: a cable that is not there sends nothing */
    GPIO_MODER(pin) = (GPIO_MODER(pin) & ~(3u << two)) | 2u << two; /* alternate function */
}

static void console(void)
{
    connect(TX, 7);
    connect(RX, 7);
    enable(232u, 18u);
    UART_BRR = 1042u; /* 120000000 Hz / 115200 */
    UART_CR1 = FIFO; /* can be changed while the UART is off only */
    UART_CR1 = FIFO | ON | RXNEIE | TRANSMITTER | RECEIVER;
    tl_irq_enable(39);
}

/* 1 MHz, 32 bits wide: it wraps every 71 minutes, and its interrupt counts the wraps. */
static volatile uint32_t wraps;

static void timer(void)
{
    enable(232u, 0u);
    TIM_PSC = 239u; /* 240000000 Hz */
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
