#include "tl_snapshot.h"

#include "model.h"
#include "tl_step.h"

enum { POSITION = 4 };

/* How many bytes from `at` on are alike. */
static uint32_t alike(const uint8_t *from, uint32_t at, uint32_t bytes)
{
    uint32_t end = at + 1;
    while (end < bytes && from[end] == from[at] && end - at < TL_SNAPSHOT_RUN) end++;
    return end - at;
}

static uint32_t put_run(uint8_t *to, uint32_t length, uint32_t different, const uint8_t *from)
{
    uint32_t head = length << 1 | different, bytes = different ? length : 1;
    if (to) {
        to[0] = (uint8_t)head;
        to[1] = (uint8_t)(head >> 8);
        memcpy(to + 2, from, bytes);
    }
    return 2 + bytes;
}

static uint32_t pack(const uint8_t *from, uint32_t bytes, uint8_t *to)
{
    uint32_t at = 0, made = 0;
    while (at < bytes) {
        uint32_t run = alike(from, at, bytes), start = at;
        if (run >= TL_SNAPSHOT_SAME) {
            at += run;
            made += put_run(to ? to + made : 0, run, 0, from + start);
            continue;
        }
        while (at < bytes && at - start < TL_SNAPSHOT_RUN && alike(from, at, bytes) < TL_SNAPSHOT_SAME) at++;
        made += put_run(to ? to + made : 0, at - start, 1, from + start);
    }
    return made;
}

static const uint8_t *unpack(const uint8_t *from, uint32_t bytes, uint8_t *to)
{
    for (uint32_t at = 0; at < bytes;) {
        uint32_t head = from[0] | (uint32_t)from[1] << 8, length = head >> 1;
        from += 2;
        if (head & 1u)
            memcpy(to + at, from, length);
        else
            memset(to + at, *from, length);
        from += head & 1u ? length : 1;
        at += length;
    }
    return from;
}

uint32_t tl_snapshot_save(uint8_t *to)
{
    uint32_t position = tl_step_position(), made = POSITION;
    for (uint32_t i = 0; to && i < POSITION; i++) to[i] = (uint8_t)(position >> 8 * i);
#if TL_STATE_BYTES
    made += pack(tl_state, TL_STATE_BYTES, to ? to + made : 0);
#endif
    for (uint32_t k = 0; k < TL_OUTPUT_COUNT; k++) made += pack(tl_outputs[k].data, tl_outputs[k].bytes, to ? to + made : 0);
    return made;
}

void tl_snapshot_restore(const uint8_t *from)
{
    uint32_t position = 0;
    tl_step_reset();
    for (uint32_t i = 0; i < POSITION; i++) position |= (uint32_t)*from++ << 8 * i;
#if TL_STATE_BYTES
    from = unpack(from, TL_STATE_BYTES, tl_state);
#endif
    for (uint32_t k = 0; k < TL_OUTPUT_COUNT; k++) from = unpack(from, tl_outputs[k].bytes, tl_outputs[k].data);
    tl_step_go_on(position);
}
