#include "tl_eights.h"
#include "tl_kernels.h"

void tl_fc_eights_s8(const tl_fc_eights *p, const int8_t *x, int8_t *y, void *scratch)
{
    int32_t depth = p->rows.depth;
    uint8_t *raised = scratch;
    uint32_t *sum = (uint32_t *)scratch + (depth + 3) / 4;
    for (int32_t b = 0; b < p->batches; b++, x += depth, y += p->rows.outputs) {
        if (!p->ready) {
            memset(raised + (depth & ~3), 0, depth & 3 ? 4 : 0);
            *sum = tl_copy_raised(raised, x, depth);
        }
        tl_rows_times(&p->rows, raised, *sum, y);
    }
}
