#include "tl_step.h"

#include "model.h"

static uint32_t position;

const tl_io *tl_logits(void)
{
    return &tl_outputs[tl_language.logits];
}

uint32_t tl_step_position(void)
{
    return position;
}

int tl_step_room(uint32_t steps)
{
    return tl_language.window == 0 || position + steps <= tl_language.window;
}

void tl_step_reset(void)
{
    position = 0;
    tl_model_reset();
}

void tl_step_go_on(uint32_t steps)
{
    position = steps;
}

/* A flag is 0 or 1 in the input's own scale. */
static void set_flags(const tl_io *input, uint32_t flags)
{
    uint32_t count = tl_tensor_count(input);
    int32_t one = input->zero_point + (input->scale > 0 ? (int32_t)(1.0f / input->scale + 0.5f) : 1);
    for (uint32_t i = 0; i < count; i++) tl_tensor_set(input, i, flags >> tl_language.flag_order[i] & 1u ? (one < 127 ? one : 127) : input->zero_point);
}

/* Every input is set each time, since the arena may have been written over it; what nobody fills is real 0. */
void tl_step(uint16_t token, uint32_t flags)
{
    for (uint32_t i = 0; i < TL_INPUT_COUNT; i++) {
        const tl_io *input = &tl_inputs[i];
        if (i == tl_language.token) {
            tl_tensor_set(input, 0, token);
        } else if (i == tl_language.position) {
            tl_tensor_set(input, 0, (int32_t)position);
        } else if (i == tl_language.flags) {
            set_flags(input, flags);
        } else {
            uint32_t count = tl_tensor_count(input);
            for (uint32_t k = 0; k < count; k++) tl_tensor_set(input, k, input->zero_point);
        }
    }
    position++;
    tl_model_invoke();
}
