#include "tl_binary_loops.h"

/* Cut off towards 0; INT32_MIN / -1 wraps. */
static inline int32_t divide(int32_t u, int32_t v)
{
    return v == 0 ? 0 : v == -1 ? (int32_t)(0u - (uint32_t)u) : u / v;
}

TL_RUN_S32(div, divide(u, v))
