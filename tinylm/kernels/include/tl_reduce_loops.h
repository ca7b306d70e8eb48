/* The loops of a reduction, instantiated by the kernels that define:
 *   X, SUM               types of the elements and of what is gathered
 *   FIRST                what gathering starts with
 *   GATHER(sum, value)   one more value, in memory order
 *   END(sum)             the output value; `count`: how many were gathered
 */
void KERNEL(const PARAMS *p, const X *x, X *y)
{
    const tl_nest *reduced = &p->reduced;
    int32_t last = reduced->rank - 1, count = 1;
    for (int32_t d = 0; d <= last; d++)
        count *= reduced->size[d];
    (void)count;
    tl_walk out = {{0}, 0};
    do {
        SUM sum = FIRST;
        tl_walk in = {{0}, 0};
        do {
            const X *at = x + out.offset + in.offset;
            for (int32_t i = 0; i < reduced->size[last]; i++, at += reduced->stride[last])
                sum = GATHER(sum, *at);
        } while (tl_step(reduced, &in, last));
        *y++ = (X)END(sum);
    } while (tl_step(&p->kept, &out, p->kept.rank));
}
