#include "tl_kernels.h"

void tl_embed_s8_f32(const tl_embed *p, const int8_t *x, const int32_t *index, float *y)
{
    for (int32_t i = 0; i < p->indices; i++) {
        int32_t row = index[i] < 0 ? 0 : index[i] >= p->rows ? p->rows - 1 : index[i];
        for (int32_t k = 0; k < p->width; k++)
            *y++ = p->scale * (float)x[row * p->width + k];
    }
}
