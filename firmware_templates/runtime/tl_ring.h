/* Received bytes on their way from the interrupt to the main loop: one writer, one reader, no locks. */
#ifndef TL_RING_H
#define TL_RING_H

#include <stdint.h>

static volatile uint8_t tl_ring[256]; /* 256: the 8-bit indices wrap by themselves */
static volatile uint8_t tl_ring_in, tl_ring_out;

/* A full ring drops the byte: the client waits for m-ready, so at most one command of 80 bytes is ever on its way. */
static inline void tl_ring_push(uint8_t byte)
{
    uint8_t next = (uint8_t)(tl_ring_in + 1u);
    if (next == tl_ring_out) return;
    tl_ring[tl_ring_in] = byte;
    tl_ring_in = next;
}

static inline int tl_ring_empty(void)
{
    return tl_ring_in == tl_ring_out;
}

static inline int tl_ring_pop(void)
{
    if (tl_ring_empty()) return -1;
    uint8_t byte = tl_ring[tl_ring_out];
    tl_ring_out = (uint8_t)(tl_ring_out + 1u);
    return byte;
}

#endif
