/* What a transformer is made of beside its matrix products: fused from several operators (compiler/passes), equal to them bit for bit. */
#ifndef TL_ATTENTION_H
#define TL_ATTENTION_H

#include "tl_unary.h"

/* Attention of one token over a cache. q and far: [heads][group][depth]; keys: [heads][window][depth]; values: [heads][depth][window],
 * or by_slot as the keys; y: [heads][group][depth]. score, mixed: how sums of products become scores and means. exps: as of tl_softmax_s8.
 * Slot j is met by q where j <= *slot, else by far (unless NULL) where j <= *position, else its score is -128. */
typedef struct {
    int32_t heads, group, window, depth, by_slot;
    tl_requant score, mixed;
    const int32_t *exps;
} tl_attention;
void tl_attention_s8(const tl_attention *p, const int8_t *q, const int8_t *far, const int8_t *keys, const int8_t *values,
                     const int32_t *slot, const int32_t *position, int8_t *y, void *scratch); /* scratch: window bytes */
void tl_attention_short_s8(const tl_attention *p, const int8_t *q, const int8_t *far, const int8_t *keys, const int8_t *values,
                           const int32_t *slot, const int32_t *position, int8_t *y,
                           void *scratch); /* window bytes, and 2 window a query of a group */

/* Rotary positions: y[h][f] = matrix[f] x[f][h], pairs of int8 and matrices of 2 x 2. */
typedef struct {
    int32_t frequencies, heads, multiplier, shift;
} tl_turn;
void tl_turn_s8(const tl_turn *p, const int8_t *x, const int8_t *matrices, int8_t *y);
void tl_turn_short_s8(const tl_turn *p, const int8_t *x, const int8_t *matrices, int8_t *y);

/* y = of * f, where f comes from s, the sum of squares of x: f = quantise(1 / sqrt(scale * s + epsilon), factor_scale). of is multiplied
 * by weights before, where there are any. _short has none, _weighed has them. */
typedef struct {
    int32_t count, multiplier, shift;
    float scale, epsilon, factor_scale;
    tl_requant product, output, weighing;
    const int16_t *weights;
} tl_rms_norm;
void tl_rms_norm_s16_s8(const tl_rms_norm *p, const int16_t *x, const int16_t *of, int8_t *y);
void tl_rms_norm_short(const tl_rms_norm *p, const int16_t *x, const int16_t *of, int8_t *y);
void tl_rms_norm_weighed(const tl_rms_norm *p, const int16_t *x, const int16_t *of, int8_t *y);

/* y[i] = x[i] + factor * part[i], saturated. */
void tl_onto_s16(const int16_t *x, const int8_t *part, int16_t *y, int32_t count, int32_t factor);

/* Row *index (clamped) of count rows of depth weights, which are packed for a fully connected layer. starts: as in tl_fc_packed. */
void tl_gather_fours_s8(const uint32_t *rows, const int32_t *index, int8_t *y, int32_t count, int32_t depth, int32_t starts);
void tl_gather_quads_s8(const uint32_t *rows, const int32_t *index, int8_t *y, int32_t count, int32_t depth, int32_t starts);
void tl_gather_nibbles_s8(const uint32_t *rows, const int32_t *index, int8_t *y, int32_t count, int32_t depth, int32_t padded);
void tl_gather_eights_s8(const uint32_t *rows, const int32_t *index, int8_t *y, int32_t count, int32_t depth);

#endif
