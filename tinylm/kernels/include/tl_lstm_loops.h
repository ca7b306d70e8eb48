/* The loops of an LSTM, instantiated by the kernels that define:
 *   X, LOW, HIGH   type of the activations and its ends
 *   SUM, BIAS      types of sums and biases
 *   SCALE(sum, m)  a sum times the fixed-point factor of part m
 */
#include "tl_sigmoid16.h"

static int32_t clamp16(int32_t x)
{
    return tl_clamp(x, INT16_MIN, INT16_MAX);
}

static int32_t share(const tl_lstm_part *part, const X *x, int32_t count, int32_t unit)
{
    const int8_t *weights = part->weights + unit * count;
    SUM sum = (SUM)((const BIAS *)part->bias)[unit];
    for (int32_t i = 0; i < count; i++)
        sum += (SUM)(weights[i] * x[i]);
    return clamp16(SCALE(sum, part));
}

/* What enters the gate's activation, in 1/12288. */
static int32_t gate(const tl_lstm *p, const tl_lstm_part *input, const tl_lstm_part *recurrent, const X *x, const X *hidden, int32_t unit)
{
    return 3 * clamp16(share(input, x, p->inputs, unit) + share(recurrent, hidden, p->units, unit));
}

static void step(const tl_lstm *p, const X *x, const X *hidden, int16_t *cell, X *y)
{
    for (int32_t n = 0; n < p->units; n++) {
        int32_t entry = tl_logistic16(p->sigmoid, gate(p, &p->input_gate_input, &p->input_gate_recurrent, x, hidden, n));
        int32_t forget = tl_logistic16(p->sigmoid, gate(p, &p->forget_gate_input, &p->forget_gate_recurrent, x, hidden, n));
        int32_t candidate = tl_tanh16(p->sigmoid, gate(p, &p->cell_gate_input, &p->cell_gate_recurrent, x, hidden, n));
        int32_t leave = tl_logistic16(p->sigmoid, gate(p, &p->output_gate_input, &p->output_gate_recurrent, x, hidden, n));
        int32_t kept = clamp16(tl_requantize(forget * cell[n], p->forget, p->forget_shift));
        int32_t next = clamp16(kept + clamp16(tl_requantize(entry * candidate, p->entry, p->entry_shift)));
        if (p->clip >= 0)
            next = tl_clamp(next, -p->clip, p->clip);
        cell[n] = (int16_t)next;
        int32_t shown = tl_tanh16(p->sigmoid, (next * p->tanh_multiplier + ((1 << p->tanh_shift) >> 1)) >> p->tanh_shift);
        y[n] = (X)tl_finish((uint32_t)(shown * leave), p->leave, p->leave_shift, p->hidden_zero_point, LOW, HIGH);
    }
}

void KERNEL(const tl_lstm *p, const X *x, X *hidden, int16_t *cell, X *y)
{
    for (int32_t b = 0; b < p->batches; b++, hidden += p->units, cell += p->units)
        for (int32_t t = 0; t < p->steps; t++) {
            int32_t row = b * p->batch_stride + t * p->step_stride;
            step(p, x + row * p->inputs, hidden, cell, y + row * p->units);
            memcpy(hidden, y + row * p->units, (size_t)p->units * sizeof(X));
        }
}
