#include "tl_kernels.h"

void tl_resize_bilinear_f32(const tl_resize_f32 *p, const float *x, float *y)
{
    for (int32_t b = 0; b < p->batches; b++, x += p->image)
        for (int32_t r = 0; r < p->row.size; r++) {
            int32_t top = p->row.low[r], bottom = p->row.high[r];
            float dy = p->row.rest[r];
            for (int32_t k = 0; k < p->column.size; k++) {
                int32_t left = p->column.low[k], right = p->column.high[k];
                float dx = p->column.rest[k];
                for (int32_t c = 0; c < p->depth; c++) {
                    float sum = x[top + left + c] * (1.0f - dy) * (1.0f - dx) + x[bottom + left + c] * dy * (1.0f - dx);
                    sum = sum + x[top + right + c] * (1.0f - dy) * dx;
                    *y++ = sum + x[bottom + right + c] * dy * dx;
                }
            }
        }
}
