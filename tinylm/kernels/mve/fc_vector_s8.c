#include "tl_kernels.h"

void tl_fc_vector_s8(const tl_fc_vector *p, const int8_t *x, int8_t *y)
{
    for (int32_t b = 0; b < p->batches; b++, x += p->rows.depth, y += p->rows.outputs)
        tl_vector_times(&p->rows, x, y);
}
