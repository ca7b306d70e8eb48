#include "tl_kernels.h"

void tl_resize_bilinear_s8(const tl_resize_s8 *p, const int8_t *x, int8_t *y)
{
    for (int32_t b = 0; b < p->batches; b++, x += p->image)
        for (int32_t r = 0; r < p->row.size; r++) {
            int32_t top = p->row.low[r], bottom = p->row.high[r];
            int32_t dy = p->row.rest[r];
            for (int32_t k = 0; k < p->column.size; k++) {
                int32_t left = p->column.low[k], right = p->column.high[k];
                int32_t dx = p->column.rest[k];
                for (int32_t c = 0; c < p->depth; c++) {
                    int32_t sum = x[top + left + c] * (1024 - dy) * (1024 - dx) + x[bottom + left + c] * dy * (1024 - dx) +
                                  x[top + right + c] * (1024 - dy) * dx + x[bottom + right + c] * dy * dx;
                    *y++ = (int8_t)((sum + (sum > 0 ? 1 << 19 : -(1 << 19))) / (1 << 20));
                }
            }
        }
}
