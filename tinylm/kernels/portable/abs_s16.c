#include "tl_unary_loops.h"

void tl_abs_s16(const tl_requant *p, const int16_t *x, int16_t *y, int32_t count)
{
    for (int32_t i = 0; i < count; i++) {
        int32_t v = x[i] - p->zero_point;
        y[i] = (int16_t)tl_requant_value(p, v < 0 ? -v : v);
    }
}
