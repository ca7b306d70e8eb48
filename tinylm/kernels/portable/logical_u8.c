#include "tl_binary_loops.h"

void tl_logical_u8(const tl_logical *p, const uint8_t *a, const uint8_t *b, uint8_t *y)
{
    TL_BROADCAST(&p->loops, uint8_t, uint8_t, p->either ? u || v : u && v);
}
