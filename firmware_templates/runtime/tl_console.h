/* The console: the MLPerf Tiny device-under-test protocol and a few commands of our own, see docs/protocol.md. */
#ifndef TL_CONSOLE_H
#define TL_CONSOLE_H

#include <stdbool.h>
#include <stdint.h>

/* Print the greeting and reset the model. */
void tl_console_start(void);

/* Take one received byte; a '%' runs the command before it returns. */
void tl_console_byte(uint8_t byte);

/* Whether a byte came while a command runs (line ends do not count). It is kept for the next command. */
bool tl_console_interrupted(void);

/* For commands in other files: one line `prefix` + value + CR LF, and an error line `e-[text]`. */
void tl_reply_number(const char *prefix, uint64_t value);
void tl_reply_error(const char *text);
void tl_reply_lap(void); /* m-lap-us-N */

#endif
