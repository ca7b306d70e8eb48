#include "tl_kernels.h"

/* A row out of groups of four as compiler/packing/nibbles.py packs them: starts, then for every four k two words of lanes. */
void tl_gather_quads_s8(const uint32_t *rows, const int32_t *index, int8_t *y, int32_t count, int32_t depth, int32_t starts)
{
    int32_t row = *index < 0 ? 0 : *index >= count ? count - 1 : *index;
    int32_t words = starts + (depth <= 8 ? 8 : (depth + 3) & ~3) / 2, right = 12 - 4 * (row & 3);
    const uint32_t *group = rows + row / 4 * words + starts;
    for (int32_t k = 0; k < depth; k++) {
        uint32_t four = group[k / 4 * 2 + (k & 1)] >> (k & 2 ? 16 + right : right) & 15;
        y[k] = (int8_t)((int32_t)(row & 3 ? four : four ^ 8) - 8);
    }
}
