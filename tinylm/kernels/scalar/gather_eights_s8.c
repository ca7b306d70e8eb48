#include "tl_kernels.h"

/* A row out of groups of eight as compiler/packing/eights.py packs them: eight starts, then for every k two words of four rows, each
 * byte 128 more than the weight but the uppermost. */
void tl_gather_eights_s8(const uint32_t *rows, const int32_t *index, int8_t *y, int32_t count, int32_t depth)
{
    int32_t row = *index < 0 ? 0 : *index >= count ? count - 1 : *index;
    const uint8_t *from = (const uint8_t *)(rows + row / 8 * (8 + 2 * ((depth + 3) & ~3)) + 8) + row % 8;
    int32_t more = row % 4 == 3 ? 0 : 128;
    for (int32_t k = 0; k < depth; k++, from += 8)
        y[k] = (int8_t)(*from - more);
}
