/* What the kernels for cores with the vector extension (MVE, Helium) share. */
#ifndef TL_MVE_H
#define TL_MVE_H

#include <arm_mve.h>

#include "tl_types.h"
/* How four channels are finished: see tl_requantize. left: 0 or more, right: 0 or less. */
typedef struct {
    int32x4_t multiplier, left, right, zero_point, low, high;
} tl_finishing;

static inline tl_finishing tl_finishing_of(const int32_t *multiplier, const int8_t *shift, int32_t zero_point, int32_t low, int32_t high)
{
    tl_finishing f = {vdupq_n_s32(*multiplier), vdupq_n_s32(*shift > 0 ? *shift : 0), vdupq_n_s32(*shift > 0 ? 0 : *shift),
                      vdupq_n_s32(zero_point), vdupq_n_s32(low), vdupq_n_s32(high)};
    return f;
}

/* shifts: as TFLite has them. */
static inline void tl_shift_by(tl_finishing *f, int32x4_t shifts)
{
    int32x4_t none = vdupq_n_s32(0);
    f->left = vmaxq_s32(shifts, none);
    f->right = vminq_s32(shifts, none);
}

/* The multipliers and shifts of the next four channels, of those that the predicate has. */
static inline void tl_next_four(tl_finishing *f, const int32_t *multiplier, const int8_t *shift, mve_pred16_t some)
{
    f->multiplier = vldrwq_z_s32(multiplier, some);
    tl_shift_by(f, vldrbq_z_s32(shift, some));
}

/* Four sums requantised as TFLM has it: VQRDMULH rounds as its doubling high product does; VRSHL rounds half up, where a negative number
 * less 1 goes half away from zero (for a shift of 0 nothing is taken off). */
static inline int32x4_t tl_finish_four(int32x4_t sums, const tl_finishing *f)
{
    int32x4_t scaled = vqrdmulhq_s32(vshlq_s32(sums, f->left), f->multiplier);
    scaled = vqaddq_s32(scaled, vshrq_n_s32(vandq_s32(scaled, f->right), 31));
    scaled = vaddq_s32(vrshlq_s32(scaled, f->right), f->zero_point);
    return vminq_s32(vmaxq_s32(scaled, f->low), f->high);
}

#endif
