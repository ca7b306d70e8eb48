/* The loops of a batched matrix product, instantiated by the kernels that define X, SUM, A(value), B(value) and END(sum). */
static X *product(const tl_batch_matmul *p, const X *a, const X *b, X *y)
{
    for (int32_t i = 0; i < p->rows; i++, a += p->row_a)
        for (int32_t j = 0; j < p->columns; j++) {
            const X *left = a, *right = b + j * p->column_b;
            SUM sum = 0;
            for (int32_t k = 0; k < p->depth; k++, left += p->step_a, right += p->step_b)
                sum += (SUM)(A(*left) * B(*right));
            *y++ = (X)END(sum);
        }
    return y;
}

void KERNEL(const tl_batch_matmul *p, const X *a, const X *b, X *y)
{
    for (int32_t i = 0; i < p->batches[0]; i++)
        for (int32_t j = 0; j < p->batches[1]; j++)
            for (int32_t k = 0; k < p->batches[2]; k++)
                y = product(p, a + i * p->batch_a[0] + j * p->batch_a[1] + k * p->batch_a[2],
                            b + i * p->batch_b[0] + j * p->batch_b[1] + k * p->batch_b[2], y);
}
