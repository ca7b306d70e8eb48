#include "tl_dsp.h"
#include "tl_fixed.h"
#include "tl_kernels.h"
#include "tl_sigmoid16.h"
#include "tl_scale.h"

enum { INPUT, FORGET, CELL, OUTPUT, GATES };

/* What enters a gate's activation, in 1/12288. */
static int32_t enters(const tl_lstm_packed *p, int32_t gate, const int32_t *input, const int32_t *recurrent)
{
    return 3 * __ssat(tl_scaled16(&p->input_scales[gate], input[gate * p->units]) +
                          tl_scaled16(&p->recurrent_scales[gate], recurrent[gate * p->units]),
                      16);
}

static void unit(const tl_lstm_packed *p, const int32_t *input, const int32_t *recurrent, int16_t *cell, int8_t *y)
{
    int32_t entry = tl_logistic16(p->sigmoid, enters(p, INPUT, input, recurrent));
    int32_t forget = tl_logistic16(p->sigmoid, enters(p, FORGET, input, recurrent));
    int32_t candidate = tl_tanh16(p->sigmoid, enters(p, CELL, input, recurrent));
    int32_t leave = tl_logistic16(p->sigmoid, enters(p, OUTPUT, input, recurrent));
    int32_t next = __ssat(tl_scaled16(&p->forget, forget * *cell) + tl_scaled16(&p->entry, entry * candidate), 16);
    if (p->clip >= 0)
        next = tl_clamp(next, -p->clip, p->clip);
    *cell = (int16_t)next;
    int32_t shown = tl_tanh16(p->sigmoid, (next * p->tanh_multiplier + ((1 << p->tanh_shift) >> 1)) >> p->tanh_shift);
    *y = (int8_t)tl_scaled8(&p->leave, shown * leave);
}

void tl_lstm_packed_s8(const tl_lstm_packed *p, const int8_t *x, int8_t *hidden, int16_t *cell, int8_t *y, void *scratch)
{
    int32_t units = p->units, *input = scratch, *recurrent = input + GATES * units;
    uint32_t *lanes = (uint32_t *)(recurrent + GATES * units);
    for (int32_t b = 0; b < p->batches; b++, hidden += units, cell += units)
        for (int32_t t = 0; t < p->steps; t++) {
            int32_t row = b * p->batch_stride + t * p->step_stride;
            tl_row_sums(&p->input, x + row * p->input.inputs, (uint32_t *)input, lanes);
            tl_row_sums(&p->recurrent, hidden, (uint32_t *)recurrent, lanes);
            for (int32_t n = 0; n < units; n++)
                unit(p, input + n, recurrent + n, cell + n, hidden + n);
            memcpy(y + row * units, hidden, (size_t)units);
        }
}
