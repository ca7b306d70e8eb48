#include "tl_kernels.h"

void tl_prelu_f32(const tl_loops *p, const float *x, const float *alpha, float *y)
{
    int32_t last = p->rank - 1;
    tl_position at = {{0}, 0, 0};
    do {
        const float *value = x + at.offset1, *slope = alpha + at.offset2;
        for (int32_t i = 0; i < p->size[last]; i++, value += p->stride1[last], slope += p->stride2[last])
            *y++ = *value >= 0.0f ? *value : *value * *slope;
    } while (tl_next(p, &at));
}
