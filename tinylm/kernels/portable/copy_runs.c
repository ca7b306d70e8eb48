#include "tl_kernels.h"

void tl_copy_runs(const void *source, int32_t source_step, void *target, int32_t target_step, int32_t bytes, int32_t count)
{
    const uint8_t *from = source;
    uint8_t *to = target;
    for (int32_t i = 0; i < count; i++, from += source_step, to += target_step)
        memcpy(to, from, (size_t)bytes);
}
