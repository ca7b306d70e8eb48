/* Attention on the DSP extension, where both requantisations are short (tl_groups.h), depth and window multiples of 4.
 *
 * A query's products with the keys use its lanes, doubled, so that a sum comes out as requantising wants it. The softmax's exponentials
 * become shares by one multiplication: half to even of nothing, the two roundings of the reference are one (see share_value). The means
 * run over four slots at a time, all queries of a group together, so that values are expanded once. */
#include "tl_attend.h"
#include "tl_dsp.h"

#define INLINE static inline __attribute__((always_inline))

/* Doubled lanes (q0, q2), (q1, q3) of every four values. */
static TL_SMALL void double_lanes(const int8_t *q, int32_t depth, uint32_t *to)
{
    for (; depth > 0; depth -= 4, q += 4) {
        int16x2_t even = tl_even(tl_word(q)), odd = tl_odd(tl_word(q));
        *to++ = (uint32_t)__sadd16(even, even);
        *to++ = (uint32_t)__sadd16(odd, odd);
    }
}

INLINE int32_t four(uint32_t key, const uint32_t *q, int32_t sum)
{
    sum = __smlad(tl_even(key), (int16x2_t)q[0], sum);
    return __smlad(tl_odd(key), (int16x2_t)q[1], sum);
}

/* Scores of `count` keys. */
static void score8(const uint32_t *q, const int8_t *keys, int32_t count, int8_t *scores, const tl_quick *f)
{
    uint32_t lanes[4] = {q[0], q[1], q[2], q[3]};
    int32_t multiplier = f->multiplier, start = f->start, right = f->right;
    TL_ROLLED
    for (const int8_t *end = scores + count; scores != end; keys += 8)
        *scores++ = (int8_t)tl_short(four(tl_word(keys + 4), lanes + 2, four(tl_word(keys), lanes, 0)), multiplier, start, right);
}

static TL_SMALL void score(const tl_attention *p, const int8_t *q, const int8_t *keys, int32_t count, int8_t *scores, const tl_quick *f)
{
    uint32_t lanes[64];
    for (int32_t at = 0; count > 0 && at == 0; at = 1) {
        double_lanes(q, p->depth, lanes);
        if (p->depth == 8) {
            score8(lanes, keys, count, scores, f);
        } else {
            tl_dots of = {lanes, f->multiplier, f->start, f->right, scores, count, 0, keys, lanes + p->depth / 2, p->depth};
            tl_dot_rows(&of);
        }
    }
}

/* The largest of count scores (a multiple of 4), four at once, from 0 up. */
static TL_SMALL int32_t largest(const int8_t *scores, int32_t count)
{
    uint8x4_t most = (uint8x4_t)0u;
    TL_ROLLED
    for (const int8_t *end = scores + count; scores != end; scores += 4)
        most = tl_larger_four((uint8x4_t)(tl_word(scores) ^ 0x80808080u), most);
    uint32_t result = 0;
    for (int32_t i = 0; i < 32; i += 8) {
        uint32_t byte = (uint32_t)most >> i & 255;
        result = byte > result ? byte : result;
    }
    return (int32_t)result - 128;
}

/* For four scores: how far they lie below the largest. */
INLINE uint32_t below(uint32_t most, const int8_t *scores)
{
    return (uint32_t)__usub8((uint8x4_t)most, (uint8x4_t)tl_word(scores));
}

static uint32_t sum_exps(const int32_t *exps, uint32_t most, const int8_t *scores, int32_t count)
{
    uint32_t sum = 0;
    TL_ROLLED
    for (const int8_t *end = scores + count; scores != end; scores += 4) {
        uint32_t d = below(most, scores);
        sum += ((uint32_t)exps[d & 255] + 2048) >> 12;
        sum += ((uint32_t)exps[d >> 8 & 255] + 2048) >> 12;
        sum += ((uint32_t)exps[d >> 16 & 255] + 2048) >> 12;
        sum += ((uint32_t)exps[d >> 24] + 2048) >> 12;
    }
    return sum;
}

/* With v = scale * exp, tl_share_value is floor((floor((v + 2^30) / 2^31) + 2^(bits - 1)) / 2^bits): one addition, one shift. */
INLINE uint32_t share_value(uint32_t scale, uint32_t exp, uint64_t half, uint32_t shift)
{
    return (uint32_t)__usat((int32_t)((uint32_t)((half + (uint64_t)scale * exp) >> 32) >> shift), 8);
}

/* Shares of count slots as lanes (0, 2), (1, 3), two words every `step`. */
static void share(const int32_t *exps, uint32_t most, const int8_t *scores, int32_t count, tl_share by, uint32_t *lanes, int32_t step)
{
    uint64_t half = (uint64_t)(1u << (by.bits - 2)) << 32 | 1u << 30;
    uint32_t scale = (uint32_t)by.scale, shift = (uint32_t)by.bits - 1;
    TL_ROLLED
    for (const int8_t *end = scores + count; scores != end; scores += 4, lanes += step) {
        uint32_t d = below(most, scores);
        uint32_t even = share_value(scale, (uint32_t)exps[d & 255], half, shift);
        uint32_t odd = share_value(scale, (uint32_t)exps[d >> 8 & 255], half, shift);
        lanes[0] = even | share_value(scale, (uint32_t)exps[d >> 16 & 255], half, shift) << 16;
        lanes[1] = odd | share_value(scale, (uint32_t)exps[d >> 24], half, shift) << 16;
    }
}

/* Scores to shares. Slots behind count are masked; returns the share that each of them has, mostly none. */
static TL_SMALL uint32_t soften(const tl_attention *p, const int8_t *scores, int32_t count, uint32_t *lanes, int32_t step)
{
    int32_t most = largest(scores, count);
    uint32_t all = (uint32_t)(most & 255) * 0x01010101u, masked = (uint32_t)p->exps[most + 128];
    uint32_t sum = sum_exps(p->exps, all, scores, count) + (uint32_t)(p->window - count) * ((masked + 2048) >> 12);
    tl_share by = tl_share_of((int32_t)sum);
    share(p->exps, all, scores, count, by, lanes, step);
    return tl_share_value(by, (int32_t)masked);
}

/* The masked slots of one query; the first time the others' are zeros. lanes: of all queries, from the first masked slot on. */
static TL_SMALL void fill(uint32_t *lanes, int32_t words, int32_t step, int32_t query, uint32_t share, int first)
{
    if (first)
        memset(lanes, 0, 4 * (size_t)words);
    for (int32_t i = 2 * query; i < words; i += step)
        lanes[i] = lanes[i + 1] = share | share << 16;
}

INLINE int8_t finished(int32_t sum, const tl_quick *f)
{
    return (int8_t)tl_short(2 * sum, f->multiplier, f->start, f->right);
}

/* Two dimensions of the means of two queries; y: of the first, that of the second lies `depth` further. */
static void mix_two(const tl_attention *p, const uint32_t *lanes, const int8_t *v, int32_t count, int8_t *y, const tl_quick *f)
{
    int32_t step = 2 * p->group, window = p->window;
    int32_t a0 = 0, a1 = 0, b0 = 0, b1 = 0;
    TL_ROLLED
    for (const int8_t *end = v + count; v != end; v += 4, lanes += step) {
        int16x2_t p0 = (int16x2_t)lanes[0], q0 = (int16x2_t)lanes[1], p1 = (int16x2_t)lanes[2], q1 = (int16x2_t)lanes[3];
        uint32_t word = tl_word(v);
        int16x2_t even = tl_even(word), odd = tl_odd(word);
        a0 = __smlad(odd, q0, __smlad(even, p0, a0));
        a1 = __smlad(odd, q1, __smlad(even, p1, a1));
        word = tl_word(v + window);
        even = tl_even(word);
        odd = tl_odd(word);
        b0 = __smlad(odd, q0, __smlad(even, p0, b0));
        b1 = __smlad(odd, q1, __smlad(even, p1, b1));
    }
    y[0] = finished(a0, f);
    y[1] = finished(b0, f);
    y += p->depth;
    y[0] = finished(a1, f);
    y[1] = finished(b1, f);
}

/* Of one query. */
static void mix_one(const tl_attention *p, const uint32_t *lanes, const int8_t *v, int32_t count, int8_t *y, const tl_quick *f)
{
    int32_t a = 0, b = 0, step = 2 * p->group, window = p->window;
    TL_ROLLED
    for (const int8_t *end = v + count; v != end; v += 4, lanes += step) {
        uint32_t word = tl_word(v), other = tl_word(v + window);
        a = __smlad(tl_odd(word), (int16x2_t)lanes[1], __smlad(tl_even(word), (int16x2_t)lanes[0], a));
        b = __smlad(tl_odd(other), (int16x2_t)lanes[1], __smlad(tl_even(other), (int16x2_t)lanes[0], b));
    }
    y[0] = finished(a, f);
    y[1] = finished(b, f);
}

/* The means of a group of queries, two at a time. */
static TL_SMALL void mix(const tl_attention *p, const uint32_t *lanes, const int8_t *values, int32_t count, int8_t *y)
{
    tl_quick f = tl_quick_of(&p->mixed);
    int32_t depth = p->depth;
    if (p->by_slot) {
        int32_t step = 2 * p->group;
        for (int32_t g = 0; count && g < p->group; lanes += 2, g++, y += depth) {
            const uint32_t *end = lanes + count / 4 * step;
            tl_shares of = {lanes, values, f.multiplier, f.start, f.right, y, y + depth, depth, end, 4 * step};
            tl_mean_rows(&of);
        }
        return;
    }
    for (int32_t g = 0; g < p->group; lanes += 4, g += 2, y += 2 * depth)
        for (int32_t d = 0; d < depth; d += 2)
            (p->group - g > 1 ? mix_two : mix_one)(p, lanes, values + d * p->window, count, y + d, &f);
}

void tl_attention_short_s8(const tl_attention *p, const int8_t *q, const int8_t *far, const int8_t *keys, const int8_t *values,
                           const int32_t *slot, const int32_t *position, int8_t *y, void *scratch)
{
    int8_t *scores = scratch;
    uint32_t *lanes = (uint32_t *)scratch + p->window / 4;
    tl_quick f = tl_quick_of(&p->score);
    int32_t near = tl_slots(slot, p->window), seen = tl_slots(position, p->window), depth = p->depth, step = 2 * p->group;
    near = near < seen ? near : seen;
    if (!far)
        seen = near;
    for (int32_t h = 0; h < p->heads; h++) {
        int32_t count = (seen + 3) & ~3, used = count;
        for (int32_t g = 0; g < p->group; g++, q += depth) {
            score(p, q, keys, near, scores, &f);
            if (far) {
                score(p, far, keys + near * depth, seen - near, scores + near, &f);
                far += depth;
            }
            for (int32_t j = seen; j < count; j++)
                scores[j] = -128;
            uint32_t rest = soften(p, scores, count, lanes + 2 * g, step);
            if (rest) {
                fill(lanes + count / 4 * step, (p->window - count) / 4 * step, step, g, rest, used == count);
                used = p->window;
            }
        }
        mix(p, lanes, values, used, y);
        keys += p->window * depth;
        values += p->window * depth;
        y += p->group * depth;
    }
}
