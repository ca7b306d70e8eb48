/* The loops of quantised PRELU, instantiated by the kernels that define X, LOW and HIGH. */
void KERNEL(const tl_prelu *p, const X *x, const int8_t *alpha, X *y)
{
    const tl_loops *loops = &p->loops;
    int32_t last = loops->rank - 1;
    int32_t step1 = loops->stride1[last], step2 = loops->stride2[last];
    tl_position at = {{0}, 0, 0};
    do {
        const X *value = x + at.offset1;
        const int8_t *slope = alpha + at.offset2;
        for (int32_t i = 0; i < loops->size[last]; i++, value += step1, slope += step2) {
            int32_t v = *value - p->input_zero_point;
            uint32_t scaled = (uint32_t)(v >= 0 ? tl_requantize(v, p->above, p->above_shift)
                                                : tl_requantize(v * (*slope - p->alpha_zero_point), p->below, p->below_shift));
            *y++ = (X)tl_clamp((int32_t)(scaled + (uint32_t)p->output_zero_point), LOW, HIGH);
        }
    } while (tl_next(loops, &at));
}
