#include "tl_sample.h"

#include "tl_console.h"
#include "tl_format.h"
#include "tl_share.h"
#include "tl_step.h"

static tl_sampling sampling = {0, TL_SAMPLE_ALL, 1000, 0, 1000, 1};
static uint32_t state;
static uint16_t recent[TL_SAMPLE_MEMORY];
static uint32_t seen;

void tl_sample_start(void)
{
    seen = 0;
    state = sampling.seed * 0x9E3779B1u + 1u;
    if (!state) state = 1;
}

void tl_sample_saw(uint16_t token)
{
    recent[seen++ % TL_SAMPLE_MEMORY] = token;
}

/* xorshift32 (Marsaglia 2003) */
static uint32_t next_random(void)
{
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state;
}

/* Quotients are cut: a step of the logits at most. */
static void penalise(const tl_io *logits)
{
    uint32_t count = tl_tensor_count(logits), kept = seen < TL_SAMPLE_MEMORY ? seen : TL_SAMPLE_MEMORY;
    if (sampling.penalty == 1000 || logits->type != TL_INT8) return;
    for (uint32_t i = 0; i < kept; i++) {
        uint32_t at = (uint32_t)recent[i] - tl_language.first_logit, same = 0;
        while (recent[same] != recent[i]) same++;
        if (same < i || at >= count) continue; /* each token once */
        int32_t real = tl_tensor_integer(logits, at) - logits->zero_point, penalty = (int32_t)sampling.penalty;
        real = real > 0 ? real * 1000 / penalty : -(-real * penalty / 1000);
        real += logits->zero_point;
        tl_tensor_set(logits, at, real < -128 ? -128 : real);
    }
}

/* How many tokens of each distance from the top are left of `count`; the sum of their weights. */
static uint32_t keep(uint16_t count[256], const uint16_t weight[256])
{
    uint32_t room = sampling.top_k, least = (sampling.min_p * 65536u / 1000u) >> 1, total = 0;
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t taken = count[i] < room ? count[i] : room;
        room -= taken;
        count[i] = weight[i] && weight[i] >= least ? (uint16_t)taken : 0;
        total += count[i] * (uint32_t)weight[i];
    }
    if (sampling.top_p == 1000) return total;
    uint32_t left = (uint32_t)((uint64_t)total * (sampling.top_p * 65536u / 1000u) >> 16);
    if (!left) left = 1;
    total = 0;
    for (uint32_t i = 0; i < 256; i++) {
        if (!count[i]) continue;
        uint32_t needed = left / weight[i] + (left % weight[i] != 0), mass;
        if (needed < count[i]) count[i] = (uint16_t)needed;
        mass = count[i] * (uint32_t)weight[i];
        left -= mass < left ? mass : left;
        total += mass;
    }
    return total;
}

/* The nth token of a logit. */
static uint16_t nth(const tl_io *logits, int32_t logit, uint32_t n)
{
    uint32_t i = 0;
    while (tl_tensor_integer(logits, i) != logit || n-- != 0) i++;
    return (uint16_t)(tl_language.first_logit + i);
}

uint16_t tl_sample_draw(void)
{
    const tl_io *logits = tl_logits();
    uint32_t tokens = tl_tensor_count(logits);
    uint16_t count[256], weight[256];
    penalise(logits);
    uint32_t likeliest = tl_tensor_largest(logits);
    if (sampling.temperature == 0 || logits->type != TL_INT8) return (uint16_t)(tl_language.first_logit + likeliest);

    int32_t top = tl_tensor_integer(logits, likeliest);
    memset(count, 0, sizeof count);
    for (uint32_t i = 0; i < tokens; i++) count[(top - tl_tensor_integer(logits, i)) & 0xFF]++;
    uint64_t cold = (uint64_t)(uint32_t)tl_octaves(logits) * (256000u / sampling.temperature);
    for (uint32_t i = 0; i < 256; i++) {
        uint64_t distance = i * cold >> 8;
        weight[i] = count[i] ? (uint16_t)tl_exp2_down(distance < 16u << 16 ? (uint32_t)distance : 16u << 16) : 0;
    }
    uint32_t place = (uint32_t)((uint64_t)next_random() * keep(count, weight) >> 32), i = 0;
    while (place >= count[i] * (uint32_t)weight[i]) {
        place -= count[i] * (uint32_t)weight[i];
        i++;
    }
    return nth(logits, top - (int32_t)i, place / weight[i]);
}

static bool number(char **rest, uint32_t low, uint32_t high, uint32_t *out)
{
    char *word = *rest;
    uint64_t value = 0;
    while (**rest >= '0' && **rest <= '9' && value <= high) value = value * 10 + (uint32_t)(*(*rest)++ - '0');
    bool good = *rest > word && (**rest == ' ' || **rest == '\0') && value >= low && value <= high;
    if (**rest == ' ') ++*rest;
    *out = (uint32_t)value;
    return good;
}

void tl_sample_command(char *rest)
{
    tl_sampling new;
    if (!number(&rest, 0, 10000, &new.temperature) || !number(&rest, 1, TL_SAMPLE_ALL, &new.top_k) || !number(&rest, 1, 1000, &new.top_p) ||
        !number(&rest, 0, 1000, &new.min_p) || !number(&rest, 1000, 10000, &new.penalty) || !number(&rest, 0, 0xFFFFFFFFu, &new.seed) || *rest) {
        tl_reply_error("Give temperature top-k top-p min-p penalty seed: thousandths, top-k >0");
        return;
    }
    sampling = new;
}
