#include "tl_kernels.h"

/* gate.S; it knows the order of the fields. */
typedef void kernel(const tl_gate *p, const int8_t *z, const int8_t *c, const int8_t *h, int8_t *y, const int8_t *end);
kernel tl_gates_9, tl_gates_13;

void tl_gate_s8_9(const tl_gate *p, const int8_t *z, const int8_t *c, const int8_t *h, int8_t *y)
{
    tl_gates_9(p, z, c, h, y, y + p->count);
}

void tl_gate_s8_13(const tl_gate *p, const int8_t *z, const int8_t *c, const int8_t *h, int8_t *y)
{
    tl_gates_13(p, z, c, h, y, y + p->count);
}
