#include "tl_fixed.h"
#include "tl_kernels.h"

/* Both sides one element apart and without zero points: one index for two loads. */
static uint32_t dot(const int8_t *a, const int8_t *b, int32_t depth)
{
    uint32_t sum = 0;
    for (int32_t k = 0; k < depth; k++)
        sum += (uint32_t)(a[k] * b[k]);
    return sum;
}

static uint32_t dot_apart(const tl_batch_matmul *p, const int8_t *a, const int8_t *b)
{
    uint32_t sum = 0;
    for (int32_t k = p->depth; k > 0; k--, a += p->step_a, b += p->step_b)
        sum += (uint32_t)((*a - p->zero_point_a) * (*b - p->zero_point_b));
    return sum;
}

static int8_t *product(const tl_batch_matmul *p, const int8_t *a, const int8_t *b, int32_t columns, int8_t *y)
{
    int near = p->step_a == 1 && p->step_b == 1 && p->zero_point_a == 0 && p->zero_point_b == 0;
    for (int32_t i = 0; i < p->rows; i++, a += p->row_a, y += p->columns) {
        const int8_t *column = b;
        for (int32_t j = 0; j < columns; j++, column += p->column_b) {
            uint32_t sum = near ? dot(a, column, p->depth) : dot_apart(p, a, column);
            y[j] = (int8_t)tl_finish(sum, p->multiplier, p->shift, p->output_zero_point, INT8_MIN, INT8_MAX);
        }
        memset(y + columns, p->output_zero_point, (size_t)(p->columns - columns));
    }
    return y;
}

void tl_batch_matmul_s8(const tl_batch_matmul *p, const int8_t *a, const int8_t *b, const int32_t *reach, int8_t *y)
{
    int32_t columns = reach ? *reach : p->columns;
    for (int32_t i = 0; i < p->batches[0]; i++)
        for (int32_t j = 0; j < p->batches[1]; j++)
            for (int32_t k = 0; k < p->batches[2]; k++)
                y = product(p, a + i * p->batch_a[0] + j * p->batch_a[1] + k * p->batch_a[2],
                            b + i * p->batch_b[0] + j * p->batch_b[1] + k * p->batch_b[2], columns, y);
}
