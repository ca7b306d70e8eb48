/* What went wrong, and where, as one line on the console; then stop. Works by polling, with a stack of its own making. */
#include "tl_cpu.h"
#include "tl_format.h"
#include "tl_info.h"
#include "tl_port.h"

extern uint32_t __stack_bottom[], __stack_top[];

void tl_fault_entry(void);
void tl_fault_report(const uint32_t *frame);

/* r0 = the frame that the exception pushed. After an overflow of the stack the stack pointer is of no use any more:
   start again from the top; what lies there is lost, the frame is not (it is at the other end, or was never written). */
__attribute__((naked)) void tl_fault_entry(void)
{
    __asm__ volatile("cpsid i\n\t"
                     "mrs r0, msp\n\t"
                     "ldr r1, =__stack_bottom + 512\n\t"
                     "cmp r0, r1\n\t"
                     "bhs 1f\n\t"
                     "ldr r1, =__stack_top\n\t"
                     "mov sp, r1\n"
                     "1:\tbl tl_fault_report\n"
                     "2:\tb 2b\n\t"
                     ".ltorg");
}

static void put_field(const char *name, uint32_t value)
{
    tl_put(name);
    tl_put_hex(value, 8);
}

static void put_exception(uint32_t number)
{
    static const char *const names[] = {"NMI", "HardFault", "MemManage", "BusFault", "UsageFault"};
    if (number >= 2 && number <= 6) {
        tl_put(names[number - 2]);
    } else {
        tl_put(number < 16 ? "exception " : "interrupt ");
        tl_put_u64(number < 16 ? number : number - 16);
    }
}

/* frame: r0 r1 r2 r3 r12 lr pc xpsr (ARMv7-M manual B1.5.6, ARMv6-M manual B1.5.6). */
void tl_fault_report(const uint32_t *frame)
{
    uint32_t number;
    __asm__ volatile("mrs %0, ipsr" : "=r"(number));
    tl_port_fault_begin();
    tl_end_line(); /* end whatever line was being written */
    tl_put("e-[fault] ");
    put_exception(number);
    if (frame >= __stack_bottom && frame + 8 <= __stack_top) {
        put_field(" pc=0x", frame[6]);
        put_field(" lr=0x", frame[5]);
    } else {
        put_field(" stack overflow, sp=0x", (uint32_t)(uintptr_t)frame);
    }
#if __ARM_ARCH >= 7
    /* CFSR and BFAR, ARMv7-M manual B3.2.15 and B3.2.18. ARMv6-M has neither. */
    put_field(" cfsr=0x", TL_REG(0xE000ED28u));
    put_field(" bfar=0x", TL_REG(0xE000ED38u));
#endif
    tl_put(" stack-used=");
    tl_put_u64(tl_stack_used());
    tl_put(" build=");
    tl_put_line(tl_build_id);
    tl_port_flush();
    for (;;) tl_sleep();
}
