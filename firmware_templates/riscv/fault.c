/* What went wrong, and where, as one line on the console; then stop. Works by polling. */
#include "tl_cpu.h"
#include "tl_format.h"
#include "tl_info.h"
#include "tl_port.h"

extern uint32_t __stack_bottom[], __stack_top[];

void tl_fault_report(uint32_t cause, const uint32_t *frame);

static void put_field(const char *name, uint32_t value)
{
    tl_put(name);
    tl_put_hex(value, 8);
}

/* Privileged specification, table of mcause values after a trap. */
static void put_cause(uint32_t cause)
{
    static const char *const names[] = {"misaligned fetch", "fetch fault",      "illegal instruction", "breakpoint",
                                        "misaligned load",  "load fault",       "misaligned store",    "store fault"};
    if (cause < sizeof names / sizeof *names) {
        tl_put(names[cause]);
    } else {
        tl_put("exception ");
        tl_put_u64(cause);
    }
}

/* frame: ra t0-t6 a0-a7 mepc, as startup.c pushed them; outside the stack: the stack pointer that had run out of it. */
void tl_fault_report(uint32_t cause, const uint32_t *frame)
{
    uint32_t value;
    __asm__ volatile("csrr %0, mtval" : "=r"(value));
    tl_port_fault_begin();
    tl_end_line(); /* end whatever line was being written */
    tl_put("e-[fault] ");
    put_cause(cause);
    if (frame >= __stack_bottom && frame + 17 <= __stack_top) {
        put_field(" pc=0x", frame[16]);
        put_field(" lr=0x", frame[0]);
    } else {
        put_field(" stack overflow, sp=0x", (uint32_t)(uintptr_t)frame);
    }
    put_field(" mtval=0x", value);
    tl_put(" stack-used=");
    tl_put_u64(tl_stack_used());
    tl_put(" build=");
    tl_put_line(tl_build_id);
    tl_port_flush();
    for (;;) tl_sleep();
}
