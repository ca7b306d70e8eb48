#include "tl_kernels.h"

/* A run along the last dimension. Calling memmove for every byte would take most of the time. */
static void run(const uint8_t *chosen, const uint8_t *first, const uint8_t *second, uint8_t *to, int32_t count, int32_t bytes,
                int32_t step1, int32_t step2, int32_t step3)
{
    if (bytes == 1) {
        for (; count > 0; count--, chosen += step1, first += step2, second += step3)
            *to++ = *chosen ? *first : *second;
        return;
    }
    for (; count > 0; count--, chosen += step1, first += step2 * bytes, second += step3 * bytes, to += bytes)
        memmove(to, *chosen ? first : second, (size_t)bytes);
}

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
        run(chosen, first, second, to, loops->size[last], bytes, loops->stride1[last], loops->stride2[last], p->stride3[last]);
        to += loops->size[last] * bytes;
    } while (tl_next(loops, &at));
}
