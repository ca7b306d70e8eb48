/* One image, many small programs: the first byte from the host says which one runs. */
#include "common.h"
#define UART 0x40002000u
#define TIMER 0x40008000u

extern uint32_t stack_top[];
void reset(void);
void supervisor(void);
void clobber(void);
__attribute__((section(".vectors"), used)) const void *const vectors[16 + 16] = {
    stack_top, (void *)reset, (void *)fault, (void *)fault, (void *)fault, (void *)fault, (void *)fault, 0, 0, 0, 0,
    (void *)supervisor, 0, 0, (void *)clobber, (void *)systick, 0, 0, (void *)uart_irq, 0, 0, 0, 0, 0, (void *)timer_irq};

static const char in_flash[] = "flash";
static volatile uint8_t received[4], line[64];
static volatile uint32_t count;
volatile float ratio = 1.5f;

void uart_irq(void)
{
    if (REG(UART + 0x110)) {
        REG(UART + 0x110) = 0;
        line[count++ & 63] = received[0];
        REG(UART) = 1;
    }
}
static volatile uint32_t ignored; /* so many times the timer's event is left standing */
void timer_irq(void)
{
    wakes++;
    sink = ipsr();
    if (ignored)
        ignored--;
    else
        REG(TIMER + 0x140) = 0;
}

void supervisor(void) { wakes += 100; }
/* Pended by software: uses every register that the hardware has to save. */
void clobber(void)
{
    sink = (uint32_t)__builtin_return_address(0);
    wakes = ipsr();
    __asm volatile("mov %0, sp" : "=r"(ticks));
    __asm volatile("vmov s0, r0\n vmov s15, r0\n mov r1, #0\n mov r2, #0\n mov r3, #0\n mov r12, #0\n cmp r1, r1"
                   ::: "s0", "s15", "r1", "r2", "r3", "r12", "cc");
}
/* Pends it and comes back: r0-r3 and s0 survive, and so do the flags. */
NAKED uint32_t survives(void)
{
    __asm volatile("push {r4, lr}\n vmov.f32 s0, #3.0\n movs r1, #1\n movs r2, #2\n movs r3, #3\n mov r12, #4\n ldr r4, =0xE000ED04\n"
                   "ldr r0, =0x10000000\n movs r0, r0\n str r0, [r4]\n dsb\n isb\n"
                   "ite eq\n moveq r0, #100\n movne r0, #0\n add r0, r1\n add r0, r2\n add r0, r3\n add r0, r12\n"
                   "vcvt.u32.f32 s0, s0\n vmov r1, s0\n add r0, r1\n pop {r4, pc}\n .ltorg");
}
/* The same on the process stack, which nothing else uses. */
NAKED uint32_t on_process_stack(void)
{
    __asm volatile("push {r4, lr}\n ldr r0, =0x2000F000\n msr psp, r0\n movs r0, #2\n msr control, r0\n isb\n bl survives\n"
                   "mov r4, sp\n movs r1, #0\n msr control, r1\n isb\n ldr r1, =0x2000F000\n subs r4, r4, r1\n add r0, r4\n pop {r4, pc}\n .ltorg");
}

/* The same with a stack pointer that is a multiple of 4 only; also adds whether it came back. */
NAKED uint32_t on_crooked_stack(void)
{
    __asm volatile("push {r4, lr}\n sub sp, #4\n mov r4, sp\n ldr r0, =0xE000ED04\n ldr r1, =0x10000000\n str r1, [r0]\n dsb\n isb\n"
                   "mov r0, sp\n subs r0, r0, r4\n add sp, #4\n pop {r4, pc}\n .ltorg");
}

static void uart_on(void)
{
    REG(UART + 0x50C) = 6, REG(UART + 0x514) = 8, REG(UART + 0x524) = 0x01D60000, REG(UART + 0x500) = 8;
    REG(UART + 0x534) = (uint32_t)received, REG(UART + 0x538) = 1;
    REG(UART) = 1;
}
static void send(const volatile void *data, uint32_t size)
{
    REG(UART + 0x120) = 0;
    REG(UART + 0x544) = (uint32_t)data, REG(UART + 0x548) = size;
    REG(UART + 0x008) = 1;
    while (!REG(UART + 0x120)) {}
}
static void put(const char *text)
{
    static char buffer[64];
    uint32_t n = 0;
    while (text[n]) buffer[n] = text[n], n++;
    send(buffer, n);
}
static void put_word(uint32_t value)
{
    static char hex[10];
    for (int i = 0; i < 8; i++) hex[i] = "0123456789abcdef"[value >> (28 - 4 * i) & 15];
    hex[8] = '\r', hex[9] = '\n';
    send(hex, 10);
}
static uint8_t get(void)
{
    while (!REG(UART + 0x110)) {}
    REG(UART + 0x110) = 0;
    uint8_t byte = received[0];
    REG(UART) = 1;
    return byte;
}
static uint32_t micros(void) { REG(TIMER + 0x40) = 1; return REG(TIMER + 0x540); }

/* A load in an IT block that ends its function; then an instruction that a core still in the block would leave out: word + 44. */
static const uint32_t flash_word[] = {1};
NAKED uint32_t chosen(const uint32_t *word)
{
    __asm volatile("push {r4, lr}\n"
                   "bl 1f\n"
                   "adds r4, r0, #0\n"
                   "add.w r0, r4, #44\n"
                   "pop {r4, pc}\n"
                   "1: cmp r0, #0\n"
                   "ite ne\n"
                   "ldrne r0, [r0]\n"
                   "moveq r0, #0\n"
                   "bx lr");
}

static void run(uint8_t what)
{
    switch (what) {
    case 'e': for (uint8_t b; (b = get()) != '.';) { static uint8_t one; one = b; send(&one, 1); } break;
    case 'i': /* interrupts and sleep: the line comes back reversed */
        REG(UART + 0x304) = 1u << 4;
        NVIC_ENABLE(2);
        while (!count || line[(count - 1) & 63] != '.') sleep();
        for (int i = (int)count - 1; i >= 0; i--) { static uint8_t one; one = line[i]; send(&one, 1); }
        break;
    case 'c': counted(1000); counted(10); put("counted\r\n"); break;
    case '?': put_word(chosen(flash_word)); put_word(chosen(0)); break;
    case 'h': for (int i = 0; i < 20000; i++) counted(1000); put("hot\r\n"); break;
    case 't': for (int i = 0; i < 4; i++) { put_word(micros()); counted(16000); } break;
    case 'T': /* compare interrupt every 100 us, clearing itself */
        REG(TIMER + 0x00C) = 1, REG(TIMER + 0x540) = 100, REG(TIMER + 0x200) = 1, REG(TIMER + 0x304) = 1u << 16;
        NVIC_ENABLE(8);
        while (wakes < 5) sleep();
        put_word(sink);
        break;
    case 's': REG(0xE000E014) = 63999, REG(0xE000E018) = 0, REG(0xE000E010) = 7;
        while (ticks < 10) sleep();
        put_word(ticks);
        break;
    case 'm': /* masked: the interrupt waits, sleep ends all the same */
        REG(0xE000E014) = 6399, REG(0xE000E018) = 0;
        __asm volatile("cpsid i" ::: "memory");
        REG(0xE000E010) = 7;
        sleep();
        put_word(ticks);
        __asm volatile("cpsie i" ::: "memory");
        REG(0xE000E010) = 0;
        put_word(ticks);
        break;
    case 'f': ratio = ratio * 2.0f + 0.25f; put_word((uint32_t)(ratio * 100.0f)); break;
    case 'w': sink = 1; REG(0x60000000) = 5; sink = 2; break;
    case 'r': sink = REG(0x40001234); break;
    case 'p': sink = REG(UART + 0xABC); break;
    case 'x': ((void (*)(void))0x30000001)(); break;
    case 'u': __asm volatile("udf #7"); break;
    case 'b': __asm volatile("bkpt #0"); break;
    case 'F': *(volatile uint32_t *)(uintptr_t)in_flash = 1; break;
    case 'd': send(in_flash, 5); break;
    case 'P': put_word(survives()); put_word(sink); put_word(wakes); break;
    case 'k': put_word(on_process_stack()); put_word(sink); break;
    case 'a': put_word(on_crooked_stack()); put_word(ticks & 7); break;
    case 'L':
        ignored = 2;
        REG(TIMER + 0x00C) = 1, REG(TIMER + 0x540) = 100, REG(TIMER + 0x304) = 1u << 16;
        NVIC_ENABLE(8);
        sleep();
        put_word(wakes);
        break;
    case 'v': __asm volatile("svc #1"); put_word(wakes); break;
    case 'O': __asm volatile("ldr r0, =0x20000010\n mov sp, r0\n svc #1" ::: "r0"); break;
    case 'y': ((void (*)(void))((uint32_t)systick & ~1u))(); break;
    case 'W': /* wait for events; yield is a hint of the same kind */
        REG(0xE000E014) = 63999, REG(0xE000E018) = 0, REG(0xE000E010) = 7;
        while (ticks < 10) __asm volatile("yield\n sev\n wfe" ::: "memory");
        REG(0xE000E010) = 0;
        put_word(ticks);
        break;
    case 'B': REG(UART + 0x524) = 0x04EA0000; put("fast"); break;
    case 'D': /* cycle counter */
        REG(0xE000EDFC) = 1u << 24, REG(0xE0001004) = 0, REG(0xE0001000) = 1;
        { uint32_t a = REG(0xE0001004); counted(1000); put_word(REG(0xE0001004) - a); }
        break;
    case 'z': __asm volatile("cpsid i"); for (;;) sleep();
    case 'l': for (;;) {}
    }
    put("done\r\n");
}

void reset(void)
{
    REG(0xE000ED88) |= 0xFu << 20;
    __asm volatile("dsb\n isb" ::: "memory");
    start();
}
void start(void)
{
    extern uint32_t data_from[], data_start[], data_end[], zero_end[];
    const volatile uint32_t *from = data_from;
    volatile uint32_t *to = data_start;
    while (to < data_end) *to++ = *from++;
    while (to < zero_end) *to++ = 0;
    REG(0x40000000) = 1;
    while (!REG(0x40000100)) {}
    REG(TIMER + 0x508) = 3, REG(TIMER + 0x510) = 4, REG(TIMER) = 1;
    uart_on();
    put("hello\r\n");
    for (;;) run(get());
}
