/* Text output to the console without printf. Bytes gather in a small buffer and leave at the end of each line. */
#ifndef TL_FORMAT_H
#define TL_FORMAT_H

#include <stdbool.h>
#include <stdint.h>

void tl_put_char(char c);
void tl_put(const char *text);
void tl_put_clean(const char *text, uint32_t bytes); /* what is no printable ASCII becomes '?': it would break the framing */
void tl_put_u64(uint64_t value);
void tl_put_hex(uint32_t value, int digits);
void tl_put_fixed3(float value); /* three decimals; 'nan', 'inf' and '-inf' beyond +-2^63 */
void tl_put_line(const char *text);
void tl_end_line(void);

/* The CRC-32 of everything put from here on, carried on from `seed`; tl_check_stop returns it. */
void tl_check_start(uint32_t seed);
uint32_t tl_check_stop(void);

/* Reading. Both leave *value alone when they return false. */
bool tl_parse_int(const char *text, int32_t *value); /* decimal with optional '-'; saturates; false: empty or not a number */
int tl_hex_digit(char c);                            /* 0..15, or -1 */

bool tl_same(const char *a, const char *b);
uint32_t tl_length(const char *text);

#endif
