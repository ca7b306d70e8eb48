#include "tl_fixed.h"
#include "tl_kernels.h"

void tl_add_s16(const tl_add *p, const int16_t *a, const int16_t *b, int16_t *y)
{
    const tl_loops *loops = &p->loops;
    int32_t last = loops->rank - 1;
    int32_t step1 = loops->stride1[last], step2 = loops->stride2[last];
    tl_position at = {{0}, 0, 0};
    do {
        const int16_t *x1 = a + at.offset1, *x2 = b + at.offset2;
        for (int32_t i = 0; i < loops->size[last]; i++, x1 += step1, x2 += step2) {
            int32_t v1 = (*x1 - p->zero_point1) * (1 << p->left_shift);
            int32_t v2 = (*x2 - p->zero_point2) * (1 << p->left_shift);
            v1 = tl_divide_by_pot(tl_high_mul(v1, p->multiplier1), -p->shift1);
            v2 = tl_divide_by_pot(tl_high_mul(v2, p->multiplier2), -p->shift2);
            int32_t sum = tl_divide_by_pot(tl_high_mul(v1 + p->sign * v2, p->output_multiplier), -p->output_shift);
            *y++ = (int16_t)tl_clamp(sum + p->output_zero_point, p->low, p->high);
        }
    } while (tl_next(loops, &at));
}
