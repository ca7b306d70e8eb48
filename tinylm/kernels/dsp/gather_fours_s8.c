#include "tl_kernels.h"

/* A row out of groups of four as compiler/packing/dual.py packs them: starts, then for every four k two words of each pair. */
void tl_gather_fours_s8(const uint32_t *rows, const int32_t *index, int8_t *y, int32_t count, int32_t depth, int32_t starts)
{
    int32_t row = *index < 0 ? 0 : *index >= count ? count - 1 : *index;
    int32_t words = starts + (depth <= 8 ? 8 : (depth + 3) & ~3);
    const uint32_t *pair = rows + row / 4 * words + starts + (row & 2);
    for (int32_t k = 0; k < depth; k++) {
        const uint32_t *word = pair + (k & ~3) + (k & 1);
        int32_t lane = (int16_t)(*word >> (k & 2 ? 16 : 0)), low = (int8_t)lane;
        y[k] = (int8_t)(row & 1 ? low : (lane - low) / 256);
    }
}
