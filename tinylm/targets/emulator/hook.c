/* The block hook: called by unicorn at the start of every basic block, so it is short.
 *
 * It counts instructions and estimated cycles from a table that Python fills (counter.py), keeps the counts of watched
 * functions, and stops the run at the start of the block where a stop was asked for or the cycle limit is reached.
 * That block is not executed and not counted. counter.py mirrors the three structs. */
#include <stdint.h>

enum { WATCHES = 8 };

typedef struct {
    uint32_t address, size; /* size 0: an empty slot */
    uint32_t instructions, cycles;
    uint32_t taken; /* cycles more where the next block is not the one that follows */
    uint32_t watch; /* number of the watch whose function starts here, plus one */
} block;

typedef struct {
    uint32_t active, back, stack; /* inside; the address that it returns to; the stack pointer at its entry */
    uint32_t unused;
    uint64_t calls, instructions, cycles;
    uint64_t entry_instructions, entry_cycles;
} watch;

typedef struct {
    uint64_t instructions, cycles, limit;
    uint32_t stop, inside; /* inside: watched functions that are active */
    uint32_t address, end; /* the block that runs now */
    uint32_t taken, mask;
    int32_t link_register, stack_pointer; /* unicorn's numbers of the two */
    block *table;
    int (*emu_stop)(void *);
    int (*reg_read)(void *, int, void *);
    void (*unknown)(uint32_t, uint32_t); /* decodes a block and puts it into the table */
    watch watches[WATCHES];
} counter;

static block *find(const counter *c, uint32_t address, uint32_t size)
{
    for (uint32_t slot = address >> 1;; slot++) {
        block *b = &c->table[slot & c->mask];
        if (b->size == 0)
            return 0;
        if (b->address == address)
            return b->size == size ? b : 0;
    }
}

static uint32_t reg(const counter *c, void *uc, int number)
{
    uint32_t value = 0;
    c->reg_read(uc, number, &value);
    return value;
}

static void leave(counter *c, void *uc, uint32_t address)
{
    for (int i = 0; i < WATCHES; i++) {
        watch *w = &c->watches[i];
        if (w->active && w->back == address && reg(c, uc, c->stack_pointer) >= w->stack) {
            w->instructions += c->instructions - w->entry_instructions;
            w->cycles += c->cycles - w->entry_cycles;
            w->active = 0;
            c->inside--;
        }
    }
}

static void enter(counter *c, void *uc, watch *w)
{
    if (w->active) /* recursion, or a loop back to the first instruction: part of the call under way */
        return;
    w->active = 1;
    w->back = reg(c, uc, c->link_register) & ~(uint32_t)1;
    w->stack = reg(c, uc, c->stack_pointer);
    w->entry_instructions = c->instructions;
    w->entry_cycles = c->cycles;
    w->calls++;
    c->inside++;
}

void tl_block(void *uc, uint64_t start, uint32_t size, void *user)
{
    counter *c = user;
    uint32_t address = (uint32_t)start;
    if (c->stop || c->cycles >= c->limit) {
        c->emu_stop(uc);
        return;
    }
    block *b = find(c, address, size);
    if (!b) {
        c->unknown(address, size);
        b = find(c, address, size);
        if (!b) { /* refused: counter.py keeps the reason */
            c->emu_stop(uc);
            return;
        }
    }
    if (address != c->end)
        c->cycles += c->taken;
    if (c->inside)
        leave(c, uc, address);
    if (b->watch)
        enter(c, uc, &c->watches[b->watch - 1]);
    c->instructions += b->instructions;
    c->cycles += b->cycles;
    c->address = address;
    c->end = address + size;
    c->taken = b->taken;
}
