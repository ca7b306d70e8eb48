#include "tl_kernels.h"

void tl_gather_rows(const tl_gather *p, const void *x, const int32_t *index, void *y)
{
    const uint8_t *block = x;
    uint8_t *out = y;
    for (int32_t b = 0; b < p->batches; b++, index += p->indices)
        for (int32_t o = 0; o < p->outer; o++, block += (size_t)p->rows * p->inner)
            for (int32_t i = 0; i < p->indices; i++, out += p->inner) {
                int32_t row = index[i] < 0 ? 0 : index[i] >= p->rows ? p->rows - 1 : index[i];
                memcpy(out, block + (size_t)row * p->inner, (size_t)p->inner);
            }
}
