#include "tl_kernels.h"

void tl_batch_to_space(const tl_blocks *p, const void *x, void *y)
{
    const uint8_t *small = x;
    uint8_t *big = y;
    for (int32_t block = 0; block < p->block_height * p->block_width; block++)
        for (int32_t b = 0; b < p->batches; b++)
            for (int32_t r = 0; r < p->rows; r++) {
                int32_t row = r * p->block_height + block / p->block_width - p->top;
                for (int32_t c = 0; c < p->columns; c++, small += p->bytes) {
                    int32_t column = c * p->block_width + block % p->block_width - p->left;
                    int inside = row >= 0 && row < p->height && column >= 0 && column < p->width;
                    if (inside)
                        memcpy(big + ((b * p->height + row) * p->width + column) * p->bytes, small, (size_t)p->bytes);
                }
            }
}
