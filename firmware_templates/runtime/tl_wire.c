#include "tl_wire.h"

#include "model.h"
#include "tl_bench.h"
#include "tl_tensor.h"

/* Kept apart from the inputs, because the arena may reuse their place. */
static uint8_t loaded[TL_INPUT_BYTES];
static uint32_t expected, received;

#if TL_WIRE == TL_WIRE_WINDOW
static uint8_t window[4 * TL_INPUT_BYTES]; /* little-endian float32 */
static bool is_window;                     /* or the bytes of the inputs, as for any other model */

static float value_of(uint32_t index)
{
    float value;
    memcpy(&value, window + 4 * index, sizeof value);
    return value;
}

static bool takes_windows(void)
{
    return TL_INPUT_COUNT == 1 && tl_inputs[0].type == TL_INT8 && tl_tensor_count(&tl_outputs[0]) == TL_INPUT_BYTES;
}

static uint8_t quantised(float value)
{
    float steps = value / tl_inputs[0].scale;
    if (!(steps > -1000.0f)) steps = -1000.0f; /* NaN, too */
    if (steps > 1000.0f) steps = 1000.0f;
    int32_t stored = (int32_t)(steps < 0 ? steps - 0.5f : steps + 0.5f) + tl_inputs[0].zero_point;
    return (uint8_t)(int8_t)(stored < -128 ? -128 : stored > 127 ? 127 : stored);
}
#endif

/* Pixels are unsigned on the wire: 0 is -128 on the device. */
static uint8_t flip(void)
{
#if TL_WIRE == TL_WIRE_IMAGE
    return tl_inputs[0].type == TL_INT8 ? 0x80 : 0;
#else
    return 0;
#endif
}

uint32_t tl_wire_limit(void)
{
#if TL_WIRE == TL_WIRE_WINDOW
    if (takes_windows()) return sizeof window;
#endif
    return sizeof loaded;
}

void tl_wire_begin(uint32_t bytes)
{
    expected = bytes;
    received = 0;
    memset(loaded, flip(), sizeof loaded);
#if TL_WIRE == TL_WIRE_WINDOW
    is_window = bytes > sizeof loaded;
    memset(window, 0, sizeof window);
#endif
}

void tl_wire_put(uint8_t byte)
{
#if TL_WIRE == TL_WIRE_WINDOW
    if (is_window) {
        window[received++] = byte;
        return;
    }
#endif
    loaded[received++] = byte ^ flip();
}

uint32_t tl_wire_expected(void)
{
    return expected;
}

uint32_t tl_wire_received(void)
{
    return received;
}

uint32_t tl_wire_missing(void)
{
    return expected - received;
}

uint8_t tl_wire_byte(uint32_t index)
{
#if TL_WIRE == TL_WIRE_WINDOW
    if (is_window) return window[index];
#endif
    return loaded[index] ^ flip();
}

void tl_wire_prepare(void)
{
#if TL_WIRE == TL_WIRE_WINDOW
    if (!is_window) return;
    for (uint32_t i = 0; i < TL_INPUT_BYTES; i++) loaded[i] = quantised(value_of(i));
#endif
}

void tl_wire_fill(void)
{
    const uint8_t *from = loaded;
    for (uint32_t i = 0; i < TL_INPUT_COUNT; i++) {
        memcpy(tl_inputs[i].data, from, tl_inputs[i].bytes);
        from += tl_inputs[i].bytes;
    }
}

bool tl_wire_error(float *mean_square)
{
#if TL_WIRE == TL_WIRE_WINDOW
    if (!is_window) return false;
    float sum = 0;
    for (uint32_t i = 0; i < TL_INPUT_BYTES; i++) {
        float difference = tl_tensor_real(&tl_outputs[0], i) - value_of(i);
        sum += difference * difference;
    }
    *mean_square = sum / (float)TL_INPUT_BYTES;
    return true;
#else
    (void)mean_square;
    return false;
#endif
}
