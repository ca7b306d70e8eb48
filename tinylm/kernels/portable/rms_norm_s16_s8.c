#include "tl_rms_norm.h"

void tl_rms_norm_s16_s8(const tl_rms_norm *p, const int16_t *x, const int16_t *of, int8_t *y)
{
    uint64_t sum = 0;
    for (int32_t i = 0; i < p->count; i++)
        sum += (uint32_t)(x[i] * x[i]);
    int32_t factor = tl_rms_factor(p, sum);
    for (int32_t i = 0; i < p->count; i++) {
        int32_t value = p->weights ? tl_requant_value(&p->weighing, of[i] * p->weights[i]) : of[i];
        y[i] = (int8_t)tl_requant_value(&p->output, tl_requant_value(&p->product, value * factor));
    }
}
