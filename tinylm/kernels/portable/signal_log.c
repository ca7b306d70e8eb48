#include "tl_kernels.h"

void tl_signal_log(const uint16_t *corrections, const uint32_t *x, int16_t *y, int32_t count, int32_t bits, int32_t scale)
{
    for (int32_t i = 0; i < count; i++) {
        uint32_t value = x[i] << bits, whole = 31;
        if (value <= 1) {
            y[i] = 0;
            continue;
        }
        while (!(value >> whole))
            whole--;
        uint32_t fraction = value - (1u << whole);
        fraction = whole < 16 ? fraction << (16 - whole) : fraction >> (whole - 16);
        const uint16_t *at = corrections + (fraction >> 9);
        int32_t rise = (at[1] - at[0]) * (int32_t)(fraction & 511);
        uint32_t log2 = (whole << 16) + fraction + at[0] + (uint32_t)(rise >> 16);
        uint32_t natural = (uint32_t)((45426ull * log2 + 32768) >> 16); /* times ln(2) */
        uint32_t scaled = ((uint32_t)scale * natural + 32768) >> 16;
        y[i] = (int16_t)(scaled < INT16_MAX ? scaled : INT16_MAX);
    }
}
