/* The loops of a fully connected layer, instantiated by the kernels that define:
 *   X, WEIGHTS, SUM   types of the activations, of the stored weights and of the sums
 *   WEIGHT(i)         weight i of the row `weights`, of which the next is ROW further on
 *   OFFSET            1 where the weights have a zero point
 *   BEGIN(n)          what the sum of output n starts with
 *   END(sum, n)       the output value
 */
void KERNEL(const PARAMS *p, const X *x, X *y)
{
    for (int32_t b = 0; b < p->batches; b++, x += p->inputs) {
        const WEIGHTS *weights = p->weights;
#if OFFSET
        SUM all = 0;
        for (int32_t i = 0; i < p->inputs && p->weights_zero_point != 0; i++)
            all += (SUM)x[i];
        all *= (SUM)p->weights_zero_point;
#endif
        for (int32_t n = 0; n < p->outputs; n++, weights += ROW) {
            SUM sum = BEGIN(n);
            for (int32_t i = 0; i < p->inputs; i++)
                sum += (SUM)(WEIGHT(i) * x[i]);
#if OFFSET
            sum -= all;
#endif
            *y++ = (X)END(sum, n);
        }
    }
}
