#include "tl_fixed.h"
#include "tl_kernels.h"

static int8_t finish(const tl_turn *p, int32_t sum)
{
    return (int8_t)tl_clamp(tl_requantize(sum, p->multiplier, p->shift), -128, 127);
}

void tl_turn_s8(const tl_turn *p, const int8_t *x, const int8_t *matrices, int8_t *y)
{
    int32_t width = 2 * p->frequencies;
    for (int32_t f = 0; f < p->frequencies; f++, matrices += 4)
        for (int32_t h = 0; h < p->heads; h++, x += 2) {
            int8_t *to = y + h * width + 2 * f;
            to[0] = finish(p, x[0] * matrices[0] + x[1] * matrices[1]);
            to[1] = finish(p, x[0] * matrices[2] + x[1] * matrices[3]);
        }
}
