/* What the runtime asks of a port: a console, a clock, sleep. One file in ports/ implements it for a family of chips. */
#ifndef TL_PORT_H
#define TL_PORT_H

#include <stdint.h>

/* Clocks, console and microsecond counter, in this order of urgency. */
void tl_port_init(void);

/* Queue bytes for the console. May return before they are on the wire; the bytes are copied. */
void tl_port_write(const char *bytes, uint32_t count);

/* Wait until everything written is on the wire, so that sending does not disturb a measurement. */
void tl_port_flush(void);

/* The next received byte, or -1 when there is none. Reception goes on during inference (interrupts and a ring). */
int tl_port_read_byte(void);

/* Microseconds since tl_port_init. */
uint64_t tl_port_micros(void);

/* Drive the board's timestamp pin, 1 before the first edge. Only ports of boards that have one (timestamp_pin) have this. */
void tl_port_pin(int level);

/* Sleep until something may have been received. May return early. */
void tl_port_idle(void);

/* From here on interrupts never run again: tl_port_write and tl_port_flush have to work by polling alone. */
void tl_port_fault_begin(void);

/* RAM that the image does not use. */
uint8_t *tl_port_spare(uint32_t *bytes);

/* The stack's size and the most that was ever in use, in bytes; 0 where the port has no stack of its own. */
uint32_t tl_stack_size(void);
uint32_t tl_stack_used(void);

#endif
