#include "tl_attend.h"
#include "tl_unary_loops.h"

/* Scores of one query with `count` keys; the largest of them and `most`. */
static int32_t score(const tl_attention *p, const int8_t *q, const int8_t *keys, int32_t count, int8_t *scores, int32_t most)
{
    for (int32_t j = 0; j < count; j++, keys += p->depth) {
        int32_t sum = 0;
        for (int32_t d = 0; d < p->depth; d++)
            sum += q[d] * keys[d];
        scores[j] = (int8_t)tl_requant_value(&p->score, sum);
        most = scores[j] > most ? scores[j] : most;
    }
    return most;
}

/* Scores to shares. Returns how many slots have one that is not 0: all, or the `count` first. */
static int32_t share(const tl_attention *p, int8_t *scores, int32_t count, int32_t most)
{
    int32_t masked = p->exps[most + 128];
    int32_t sum = (p->window - count) * tl_divide_by_pot(masked, 12);
    for (int32_t j = 0; j < count; j++)
        sum += tl_divide_by_pot(p->exps[most - scores[j]], 12);
    tl_share by = tl_share_of(sum);
    uint8_t *shares = (uint8_t *)scores, rest = tl_share_value(by, masked);
    for (int32_t j = 0; j < count; j++)
        shares[j] = tl_share_value(by, p->exps[most - scores[j]]);
    if (rest == 0)
        return count;
    for (int32_t j = count; j < p->window; j++)
        shares[j] = rest;
    return p->window;
}

void tl_attention_s8(const tl_attention *p, const int8_t *q, const int8_t *far, const int8_t *keys, const int8_t *values,
                     const int32_t *slot, const int32_t *position, int8_t *y, void *scratch)
{
    int8_t *scores = scratch;
    int32_t near = tl_slots(slot, p->window), seen = tl_slots(position, p->window), depth = p->depth;
    int32_t next_slot = p->by_slot ? depth : 1, next = p->by_slot ? 1 : p->window;
    near = near < seen ? near : seen;
    for (int32_t h = 0; h < p->heads; h++, keys += p->window * depth, values += p->window * depth)
        for (int32_t g = 0; g < p->group; g++, q += depth, far += far ? depth : 0) {
            int32_t most = score(p, q, keys, near, scores, -128);
            if (far)
                most = score(p, far, keys + near * depth, seen - near, scores + near, most);
            int32_t count = share(p, scores, far ? seen : near, most);
            const uint8_t *shares = (const uint8_t *)scores;
            for (int32_t d = 0; d < depth; d++) {
                const int8_t *v = values + d * next;
                int32_t sum = 0;
                for (int32_t j = 0; j < count; j++, v += next_slot)
                    sum += shares[j] * *v;
                *y++ = (int8_t)tl_requant_value(&p->mixed, sum);
            }
        }
}
