/* Kernels with each of their arrays in turn at the end of memory. First, that an access behind it faults at all. */
#include "tl_kernels.h"

enum { END = 0x30080000, MOST = 4096 };
static uint8_t place[6][MOST] __attribute__((aligned(16)));

/* Array i: at the end of memory where it is this one's turn. Filled the same way each time. */
static void *array(int i, uint32_t bytes, int turn)
{
    uint8_t *at = i == turn ? (uint8_t *)END - bytes : place[i];
    for (uint32_t n = 0; n < bytes; n++)
        at[n] = (uint8_t)(n * 37 + (n >> 3) + (uint32_t)i * 11);
    return at;
}

/* 32-bit and 8-bit parameters that make sense. */
static int32_t *words(int i, int32_t count, int32_t value, int turn)
{
    int32_t *at = array(i, 4 * (uint32_t)count, turn);
    for (int32_t n = 0; n < count; n++)
        at[n] = value + n;
    return at;
}

static int8_t *shifts(int i, int32_t count, int turn)
{
    int8_t *at = array(i, (uint32_t)count, turn);
    for (int32_t n = 0; n < count; n++)
        at[n] = (int8_t)(-7 - n % 3);
    return at;
}

static tl_vector_rows rows_of(int32_t outputs, int32_t depth, int turn)
{
    tl_vector_rows p = {array(0, (uint32_t)(outputs * depth), turn), words(1, outputs, 5, turn), words(2, outputs, 0x5a000000, turn),
                        shifts(3, outputs, turn), 1, depth, outputs, 3, -128, 127};
    return p;
}

static uint32_t sum(const int8_t *y, uint32_t bytes)
{
    uint32_t sum = 1;
    while (bytes--)
        sum = sum * 31 + (uint8_t)*y++;
    return sum;
}

static uint32_t dense(int32_t outputs, int32_t depth, int turn)
{
    tl_vector_rows p = rows_of(outputs, depth, turn);
    int8_t *x = array(4, (uint32_t)depth, turn), *y = array(5, (uint32_t)outputs, turn);
    tl_vector_times(&p, x, y);
    return sum(y, (uint32_t)outputs);
}

static uint32_t narrow(int32_t outputs, int32_t depth, int turn)
{
    static uint32_t scratch[32];
    tl_fc_vector p = {rows_of((outputs + 3) & ~3, ((depth + 31) & ~31) / 2, turn), 1}; /* two weights a byte */
    p.rows.bias = words(1, outputs, 5, turn);
    p.rows.multiplier = words(2, outputs, 0x5a000000, turn);
    p.rows.shift = shifts(3, outputs, turn);
    p.rows.outputs = outputs;
    p.rows.depth = depth;
    int8_t *x = array(4, (uint32_t)depth, turn), *y = array(5, (uint32_t)outputs, turn);
    tl_fc_nibble_vectors_s8(&p, x, y, scratch);
    return sum(y, (uint32_t)outputs);
}

static uint32_t image(int depthwise, int32_t channels, int32_t taps, int turn)
{
    static uint32_t scratch[128];
    int32_t outputs = depthwise ? channels : 5;
    tl_window w = {1, 4, 3, channels, 4, 3, outputs, taps, taps, 1, 1, 1, 1, taps / 2, taps / 2};
    tl_vector_rows r = rows_of(outputs, depthwise ? taps * taps : taps * taps * channels, turn);
    int8_t *x = array(4, (uint32_t)(12 * channels), turn), *y = array(5, (uint32_t)(12 * outputs), turn);
    tl_conv_vector c = {w, r, taps == 1, 1, -9};
    tl_depthwise d = {w, r.weights, r.bias, 1, r.multiplier, r.shift, 1, -9, 3, -128, 127};
    if (depthwise)
        tl_depthwise_vector_s8(&d, x, y, scratch);
    else
        tl_conv_vector_s8(&c, x, y, scratch);
    return sum(y, (uint32_t)(12 * outputs));
}

static uint32_t one(int which, int turn)
{
    static const int8_t shapes[][2] = {{1, 1}, {3, 5}, {4, 16}, {5, 17}, {33, 40}, {38, 100}};
    if (which < 6)
        return dense(shapes[which][0], shapes[which][1], turn);
    which -= 6;
    if (which < 6)
        return narrow(shapes[which][0], shapes[which][1], turn);
    which -= 6;
    return image(which % 2, which < 4 ? 3 : 21, which & 2 ? 3 : 1, turn);
}

int main_fence(int fault)
{
    if (fault)
        return *(volatile uint8_t *)END;
    for (int which = 0; which < 20; which++) {
        uint32_t right = one(which, -1);
        for (int turn = 0; turn < 6; turn++)
            if (one(which, turn) != right)
                return 0;
    }
    return 1;
}
