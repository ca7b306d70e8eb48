#include "tl_kernels.h"

/* A row out of groups of eight as compiler/packing/nibble_pairs.py packs them: eight starts, then for every k a word, each of its
 * nibbles 8 more than the weight; padded: the depth in whole blocks. */
void tl_gather_nibbles_s8(const uint32_t *rows, const int32_t *index, int8_t *y, int32_t count, int32_t depth, int32_t padded)
{
    int32_t row = *index < 0 ? 0 : *index >= count ? count - 1 : *index;
    const uint32_t *from = rows + row / 8 * (8 + padded) + 8;
    int32_t right = (row & 1) * 16 + (row & 6) * 2;
    for (int32_t k = 0; k < depth; k++)
        y[k] = (int8_t)((int32_t)(from[k] >> right & 15) - 8);
}
