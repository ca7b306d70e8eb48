/* What waiting for flash costs, estimated: hooks on every block and on every load from flash, used by benchmarks only.
 *
 * Flash answers with a line of bytes. A line that is neither in the cache (two ways, least recently used goes) nor, where there
 * is no cache, the one read last, costs the wait states; with prefetch the line behind the last one costs nothing.
 * stalls.py mirrors the structs. */
#include <stdint.h>

typedef struct {
    uint32_t sets; /* a power of two; 0: no cache, only the line read last */
    uint32_t last;
    uint32_t *lines; /* [sets][2], the more recently used first; line number plus one, 0: empty */
} cache;

typedef struct {
    uint64_t fetch, load; /* cycles */
    uint32_t start, end;  /* flash */
    uint32_t shift, wait, prefetch;
    const uint32_t *inside; /* counts only while this is not 0 */
    cache *code, *data;
    int32_t status; /* unicorn's number of xPSR, 0: the core has none */
    int (*reg_read)(void *, int, void *);
    int (*reg_write)(void *, int, const void *);
} stalls;

enum { IT = 0x0600fc00 }; /* the bits of xPSR that say where in an IT block the core is */

static uint32_t touch(const stalls *s, cache *c, uint32_t line)
{
    uint32_t behind = line == c->last + 1, same = line == c->last;
    c->last = line;
    if (!c->sets)
        return same || (s->prefetch && behind) ? 0 : s->wait;
    uint32_t *set = c->lines + 2 * (line & (c->sets - 1));
    if (set[0] == line + 1)
        return 0;
    uint32_t hit = set[1] == line + 1;
    set[1] = set[0];
    set[0] = line + 1;
    return hit || (s->prefetch && behind) ? 0 : s->wait;
}

static uint32_t read_lines(const stalls *s, cache *c, uint32_t address, uint32_t size)
{
    uint32_t cycles = 0;
    for (uint32_t line = address >> s->shift; line <= (address + size - 1) >> s->shift; line++)
        cycles += touch(s, c, line);
    return cycles;
}

void tl_fetch(void *uc, uint64_t address, uint32_t size, void *user)
{
    stalls *s = user;
    (void)uc;
    if (address >= s->start && address < s->end) {
        uint32_t cycles = read_lines(s, s->code, (uint32_t)address, size);
        if (*s->inside)
            s->fetch += cycles;
    }
}

/* A hook on a load makes unicorn 2.1.4 store the place in the IT block, and nobody takes it away: the next block of code would be
 * translated as if it stood in one (unicorn issue 2309). Nothing reads it until then. */
static void leave_it_block(const stalls *s, void *uc)
{
    uint32_t status = 0;
    if (!s->status || s->reg_read(uc, s->status, &status) || !(status & IT))
        return;
    status &= ~(uint32_t)IT;
    s->reg_write(uc, s->status, &status);
}

void tl_load(void *uc, int type, uint64_t address, int size, int64_t value, void *user)
{
    stalls *s = user;
    (void)type, (void)value;
    leave_it_block(s, uc);
    uint32_t cycles = read_lines(s, s->data, (uint32_t)address, (uint32_t)size);
    if (*s->inside)
        s->load += cycles;
}
