/* The loops of quantised SVDF, instantiated by the kernels that define the state's type STATE, LOW and HIGH. */
void KERNEL(const tl_svdf *p, const int8_t *x, STATE *state, int8_t *y)
{
    memmove(state, state + 1, ((size_t)p->batches * p->filters * p->memory - 1) * sizeof(STATE));
    for (int32_t b = 0; b < p->batches; b++, x += p->inputs) {
        const int8_t *feature = p->features;
        const STATE *time = p->times;
        for (int32_t f = 0, unit = 0; f < p->filters; unit++) {
            uint32_t total = (uint32_t)p->bias[unit];
            for (int32_t r = 0; r < p->rank; r++, f++, feature += p->inputs, state += p->memory) {
                uint32_t sum = (uint32_t)p->feature_bias[f];
                for (int32_t i = 0; i < p->inputs; i++)
                    sum += (uint32_t)(feature[i] * x[i]);
                int32_t newest = tl_clamp(tl_requantize((int32_t)sum, p->multiplier, p->shift), LOW, HIGH);
                state[p->memory - 1] = (STATE)(newest + p->state_zero_point);
                for (int32_t m = 0; m < p->memory; m++)
                    total += (uint32_t)(*time++ * state[m]);
            }
            *y++ = (int8_t)tl_finish(total, p->output_multiplier, p->output_shift, p->output_zero_point, INT8_MIN, INT8_MAX);
        }
    }
}
