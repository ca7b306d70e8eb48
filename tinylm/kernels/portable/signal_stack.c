#include "tl_kernels.h"

/* count: the frames held and 1, or 0 before the first. */
void tl_signal_stack(const tl_signal_stacker *p, const int16_t *x, int16_t *stack, int32_t *count, int16_t *y, uint8_t *valid)
{
    size_t frame = (size_t)p->channels * sizeof *x, all = (size_t)p->frames * frame, drop = (size_t)p->step * frame;
    int32_t held = *count ? *count - 1 : 0, end = *count ? held + 1 : p->left + 1;
    for (; held < end; held++)
        memcpy(stack + held * p->channels, x, frame);
    *valid = held == p->frames;
    if (*valid) {
        memcpy(y, stack, all);
        memmove(stack, stack + p->step * p->channels, all - drop);
        held -= p->step;
    } else {
        memset(y, 0, all);
    }
    *count = held + 1;
}
