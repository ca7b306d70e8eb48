#include "tl_expf.h"
#include "tl_fixed.h"
#include "tl_kernels.h"
#include "tl_tanhf.h"

static float logistic(float x)
{
    if (x > 0x1.09e79ep+4f)
        return 1.0f;
    return x < -9.0f ? tl_expf(x) : 1.0f / (1.0f + tl_expf(-x));
}

static float dot(const float *weights, const float *x, int32_t count)
{
    float sum = 0.0f;
    for (int32_t i = 0; i < count; i++)
        sum += x[i] * weights[i];
    return sum;
}

static float gate(const tl_lstm_float *p, const tl_lstm_gate *gate, const float *x, const float *hidden, int32_t unit)
{
    float own = dot(gate->input + unit * p->inputs, x, p->inputs) + gate->bias[unit];
    return own + dot(gate->recurrent + unit * p->units, hidden, p->units);
}

static void step(const tl_lstm_float *p, const float *x, const float *hidden, float *cell, float *y)
{
    for (int32_t n = 0; n < p->units; n++) {
        float entry = logistic(gate(p, &p->input, x, hidden, n)), forget = logistic(gate(p, &p->forget, x, hidden, n));
        float candidate = tl_tanhf(gate(p, &p->cell, x, hidden, n)), leave = logistic(gate(p, &p->output, x, hidden, n));
        float next = forget * cell[n] + entry * candidate;
        cell[n] = p->clip > 0.0f ? tl_clampf(next, -p->clip, p->clip) : next;
        y[n] = tl_tanhf(cell[n]) * leave;
    }
}

void tl_lstm_f32(const tl_lstm_float *p, const float *x, float *hidden, float *cell, float *y)
{
    for (int32_t b = 0; b < p->batches; b++, hidden += p->units, cell += p->units)
        for (int32_t t = 0; t < p->steps; t++) {
            int32_t row = b * p->batch_stride + t * p->step_stride;
            step(p, x + row * p->inputs, hidden, cell, y + row * p->units);
            memcpy(hidden, y + row * p->units, (size_t)p->units * sizeof(float));
        }
}
