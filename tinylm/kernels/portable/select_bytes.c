#include "tl_kernels.h"

void tl_select_bytes(const tl_select *p, const uint8_t *condition, const void *a, const void *b, void *y)
{
    const tl_loops *loops = &p->loops;
    int32_t last = loops->rank - 1, bytes = p->bytes;
    tl_position at = {{0}, 0, 0};
    uint8_t *to = y;
    do {
        const uint8_t *chosen = condition + at.offset1, *first = (const uint8_t *)a + at.offset2 * bytes, *second = b;
        for (int32_t d = 0; d < last; d++)
            second += at.at[d] * p->stride3[d] * bytes;
        for (int32_t i = 0; i < loops->size[last]; i++, to += bytes) {
            memmove(to, *chosen ? first : second, (size_t)bytes);
            chosen += loops->stride1[last];
            first += loops->stride2[last] * bytes;
            second += p->stride3[last] * bytes;
        }
    } while (tl_next(loops, &at));
}
