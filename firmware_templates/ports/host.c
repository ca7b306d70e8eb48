/* The host: the same console in a shared library. Bytes go in by tl_host_feed and come out through a callback. */
#define _POSIX_C_SOURCE 199309L
#include <time.h>

#include "model.h"
#include "tl_console.h"
#include "tl_port.h"

typedef void (*tl_host_output)(const char *bytes, uint32_t count);

void tl_host_start(tl_host_output callback);
void tl_host_feed(const uint8_t *bytes, uint32_t count);
const tl_io *tl_host_input(uint32_t index);
const tl_io *tl_host_out(uint32_t index);

static tl_host_output output;
static uint64_t started;
static const uint8_t *fed; /* what the device has not taken yet */
static uint32_t fed_bytes;

static uint64_t monotonic_micros(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u;
}

/* A fresh device: as after a reset. NULL discards the output. */
void tl_host_start(tl_host_output callback)
{
    output = callback;
    tl_port_init();
    tl_console_start();
}

void tl_host_feed(const uint8_t *bytes, uint32_t count)
{
    fed = bytes;
    fed_bytes = count;
    for (int byte = tl_port_read_byte(); byte >= 0; byte = tl_port_read_byte()) tl_console_byte((uint8_t)byte);
}

/* Input or output `index`, or NULL when there are no more. */
const tl_io *tl_host_input(uint32_t index)
{
    return index < TL_INPUT_COUNT ? &tl_inputs[index] : 0;
}

const tl_io *tl_host_out(uint32_t index)
{
    return index < TL_OUTPUT_COUNT ? &tl_outputs[index] : 0;
}

void tl_port_init(void)
{
    started = monotonic_micros();
}

void tl_port_write(const char *bytes, uint32_t count)
{
    if (output) output(bytes, count);
}

uint64_t tl_port_micros(void)
{
    return monotonic_micros() - started;
}

uint8_t *tl_port_spare(uint32_t *bytes)
{
    static uint8_t spare[1u << 20];
    *bytes = sizeof spare;
    return spare;
}

uint32_t tl_stack_size(void)
{
    return 0;
}

uint32_t tl_stack_used(void)
{
    return 0;
}

void tl_port_flush(void) {}

int tl_port_read_byte(void)
{
    if (!fed_bytes) return -1;
    fed_bytes--;
    return *fed++;
}

void tl_port_idle(void) {}

void tl_port_fault_begin(void) {}
