/* Text on its way to the console: whole UTF-8 characters, in printable ASCII. */
#ifndef TL_UTF8_H
#define TL_UTF8_H

#include <stdint.h>

/* Bytes as protocol text: printable ASCII as it is, a backslash as \\, everything else as \xNN. */
void tl_put_escaped(const char *text, uint32_t bytes);

/* The other way, in place; returns the new length. */
uint32_t tl_unescape(char *text);

/* Text that comes in pieces which may end in the middle of a character: the rest of one waits for the next piece. What is no UTF-8 becomes
 * U+FFFD, as Python's decoder does it. */
void tl_utf8_start(void);
void tl_utf8_put(const char *text, uint32_t bytes);

#endif
