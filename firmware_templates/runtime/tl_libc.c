/* The libc of the firmware. Compiled -ffreestanding -fno-builtin, or the compiler would turn each loop into a call of itself. */
#include "tl_types.h"

void *memcpy(void *restrict to, const void *restrict from, size_t bytes)
{
    uint8_t *t = to;
    const uint8_t *f = from;
    if ((((uintptr_t)t | (uintptr_t)f) & 3u) == 0)
        for (; bytes >= 4; bytes -= 4, t += 4, f += 4) *(uint32_t *)(void *)t = *(const uint32_t *)(const void *)f;
    while (bytes--) *t++ = *f++;
    return to;
}

void *memmove(void *to, const void *from, size_t bytes)
{
    uint8_t *t = to;
    const uint8_t *f = from;
    if (t <= f) {
        while (bytes--) *t++ = *f++;
    } else {
        while (bytes--) t[bytes] = f[bytes];
    }
    return to;
}

void *memset(void *to, int value, size_t bytes)
{
    uint8_t *t = to;
    uint32_t word = 0x01010101u * (uint8_t)value;
    for (; bytes && ((uintptr_t)t & 3u); bytes--) *t++ = (uint8_t)value;
    for (; bytes >= 4; bytes -= 4, t += 4) *(uint32_t *)(void *)t = word;
    while (bytes--) *t++ = (uint8_t)value;
    return to;
}
