#include "tl_fixed.h"
#include "tl_kernels.h"

void tl_mul_s16(const tl_mul *p, const int16_t *a, const int16_t *b, int16_t *y)
{
    const tl_loops *loops = &p->loops;
    int32_t last = loops->rank - 1;
    int32_t step1 = loops->stride1[last], step2 = loops->stride2[last];
    tl_position at = {{0}, 0, 0};
    do {
        const int16_t *x1 = a + at.offset1, *x2 = b + at.offset2;
        for (int32_t i = 0; i < loops->size[last]; i++, x1 += step1, x2 += step2) {
            int32_t product = (*x1 - p->zero_point1) * (*x2 - p->zero_point2);
            product = tl_requantize(product, p->multiplier, p->shift);
            *y++ = (int16_t)tl_clamp(product + p->output_zero_point, p->low, p->high);
        }
    } while (tl_next(loops, &at));
}
