/* The same idea as nrf.c on the RP2040: boot2, PL011, 64-bit timer. */
#include "common.h"
#define UART 0x40034000u
#define SET 0x2000u
#define CLEAR 0x3000u

extern uint32_t stack_top[];
void reset(void);
__attribute__((section(".vectors"), used)) const void *const vectors[16 + 21] = {
    stack_top, (void *)reset, (void *)fault, (void *)fault, 0, 0, 0, 0, 0, 0, 0, (void *)fault, 0, 0, (void *)fault, (void *)systick,
    [16 + 20] = (void *)uart_irq};

__attribute__((naked, section(".boot2"), used)) void boot2(void)
{
    __asm volatile("push {lr}\n ldr r3, =0x18000000\n movs r1, #0\n str r1, [r3, #8]\n movs r1, #4\n str r1, [r3, #0x14]\n"
                   "movs r1, #1\n str r1, [r3, #8]\n pop {r0}\n cmp r0, #0\n bne 1f\n ldr r0, =0x10000100\n ldr r1, =0xE000ED08\n"
                   "str r0, [r1]\n ldmia r0, {r0, r1}\n msr msp, r0\n bx r1\n 1: bx r0\n .ltorg\n .org 256, 0");
}

static volatile uint8_t line[64];
static volatile uint32_t count;
void uart_irq(void)
{
    REG(UART + 0x44) = 0x70;
    while (!(REG(UART + 0x18) & 1 << 4)) line[count++ & 63] = (uint8_t)REG(UART);
}
static void put_byte(char byte) { while (REG(UART + 0x18) & 1 << 5) {} REG(UART) = (uint8_t)byte; }
static void put(const char *text) { while (*text) put_byte(*text++); }
static void put_word(uint32_t value)
{
    for (int i = 0; i < 8; i++) put_byte("0123456789abcdef"[value >> (28 - 4 * i) & 15]);
    put("\r\n");
}
static uint8_t get(void) { while (REG(UART + 0x18) & 1 << 4) {} return (uint8_t)REG(UART); }

static void run(uint8_t what)
{
    switch (what) {
    case 'e': for (uint8_t b; (b = get()) != '.';) put_byte((char)b); break;
    case 'i': /* received by interrupts, while asleep */
        REG(UART + 0x38) = 1 << 4 | 1 << 6;
        NVIC_ENABLE(20);
        while (!count || line[(count - 1) & 63] != '.') sleep();
        for (int i = (int)count - 1; i >= 0; i--) put_byte((char)line[i]);
        break;
    case 'c': counted(1000); counted(10); put("counted\r\n"); break;
    case 't': for (int i = 0; i < 4; i++) { put_word(REG(0x4005400C)); put_word(REG(0x40054008)); counted(12500); } break;
    case 'n': sink = REG(0x20000001); break;
    case 'w': sink = 1; REG(0x60000000) = 5; sink = 2; break;
    case 'o': for (int i = 0; i < 40; i++) REG(UART) = '!'; break;
    }
    put("done\r\n");
}
void reset(void) { start(); }
void start(void)
{
    extern uint32_t data_end[], zero_end[];
    for (volatile uint32_t *to = data_end; to < zero_end;) *to++ = 0;
    REG(0x4000C000 + CLEAR) = 0x1FFFFFF & ~(1u << 24);
    while (~REG(0x4000C008) & (1u << 22 | 1u << 21 | 1u << 5)) {}
    REG(0x4002400C) = 47;
    REG(0x40024000) = 0xFABAA0;
    while (!(REG(0x40024004) >> 31)) {}
    REG(0x40028008) = 125, REG(0x40028004 + CLEAR) = 1 << 0 | 1 << 5;
    while (!(REG(0x40028000) >> 31)) {}
    REG(0x4002800C) = 6u << 16 | 2u << 12, REG(0x40028004 + CLEAR) = 1 << 3;
    REG(0x4000803C) = 1;
    while (REG(0x40008044) != 2) {}
    REG(0x40008048) = 1u << 11;
    REG(0x4005802C) = 1u << 9 | 12;
    REG(0x40014004) = 2, REG(0x4001400C) = 2;
    REG(UART + 0x24) = 67, REG(UART + 0x28) = 52, REG(UART + 0x2C) = 0x70, REG(UART + 0x30 + SET) = 0x301;
    put("hello\r\n");
    for (;;) run(get());
}
