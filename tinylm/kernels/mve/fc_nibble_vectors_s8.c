#include "tl_kernels.h"
#include "tl_mve.h"

enum { GROUP = 4, ROWS = 32, BLOCK = 32 };

void tl_vector_nibbles(const int8_t *x, const int8_t *x_end, const uint8_t *w, int32_t *sums, int32_t groups); /* nibble_vectors.S */

void tl_fc_nibble_vectors_s8(const tl_fc_vector *fc, const int8_t *x, int8_t *y, void *scratch)
{
    const tl_vector_rows *p = &fc->rows;
    int32_t sums[ROWS], depth = (p->depth + BLOCK - 1) & -BLOCK;
    int8_t *padded = scratch;
    memset(padded + p->depth, 0, (size_t)(depth - p->depth));
    for (int32_t b = 0; b < fc->batches; b++, x += p->depth, y += p->outputs) {
        const uint8_t *w = (const uint8_t *)p->weights;
        memcpy(padded, x, (size_t)p->depth);
        for (int32_t n = 0; n < p->outputs; n += ROWS, w += ROWS / 2 * depth) {
            int32_t count = p->outputs - n < ROWS ? p->outputs - n : ROWS;
            for (int32_t i = 0; i < count; i += GROUP)
                vst1q_s32(sums + i, vldrwq_z_s32(p->bias + n + i, vctp32q((uint32_t)(count - i))));
            tl_vector_nibbles(padded, padded + depth, w, sums, (count + GROUP - 1) / GROUP);
            tl_vector_finish(p, sums, n, count, y + n);
        }
    }
}
