#include "tl_kernels.h"

void tl_reach(const int32_t *reach, const int32_t *start, int32_t *y, int32_t size, int32_t last)
{
    int32_t end = (*start < 0 ? 0 : *start > last ? last : *start) + size;
    *y = *reach > end ? *reach : end;
}
