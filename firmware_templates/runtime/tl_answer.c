#include "tl_answer.h"

#include "model.h"
#include "tl_console.h"
#include "tl_share.h"
#include "tl_format.h"
#include "tl_home.h"
#include "tl_port.h"
#include "tl_read.h"
#include "tl_step.h"
#include "tl_utf8.h"

/* A value that a key may take: characters and pieces of the text, both ends inclusive for pieces, the end exclusive for characters. */
typedef struct {
    uint32_t from, to, first, last;
    const char *name; /* of the home; NULL: the text itself */
} span;

static uint8_t alive[TL_STATES_MAX / 8];
static uint32_t feasible; /* a bit for each rule */
static span used[TL_SLOTS_MAX];
static uint32_t used_count;

static int is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static int is_wordly(char c)
{
    return is_letter(c) || c == '\'';
}

static int is_ending(char c)
{
    return is_wordly(c) || c == '%';
}

static uint32_t prompt_offset(void)
{
    return tl_token_bos != TL_NO_TOKEN;
}

static int32_t pointer(uint8_t output, uint32_t piece)
{
    return tl_tensor_integer(&tl_outputs[output], prompt_offset() + piece);
}

/* What the pointers give a pair of pieces. */
static int32_t score_of(uint32_t first, uint32_t last)
{
    return pointer(tl_language.start, first) * tl_octaves(&tl_outputs[tl_language.start]) +
           pointer(tl_language.end, last) * tl_octaves(&tl_outputs[tl_language.end]);
}

/* A value may start with a piece that begins here: with a word's space, or with a letter or digit that stands behind something else. */
static int may_start(uint32_t from)
{
    const char *text = tl_read.text;
    if (text[from] == ' ') return from + 1 < tl_read.count && is_letter(text[from + 1]);
    return is_letter(text[from]) && !(from > 0 && (is_wordly(text[from - 1]) || text[from - 1] == ' '));
}

static int may_stop(uint32_t to)
{
    return is_ending(tl_read.text[to - 1]) && !(to < tl_read.count && is_ending(tl_read.text[to]));
}

/* The best run of words, first piece <= last piece; 0 where the text has no word. scored: by the pointers, else any. */
static int find_text(span *best, int scored)
{
    uint32_t from = 0, first = 0, first_from = 0, found = 0, begun = 0;
    int32_t best_score = 0;
    for (uint32_t i = 0; i < tl_read.pieces; i++) {
        uint32_t to = from + tl_read.piece[i];
        if (may_start(from) && (!begun || (scored && pointer(tl_language.start, i) > pointer(tl_language.start, first)))) {
            begun = 1;
            first = i;
            first_from = from;
        }
        if (begun && may_stop(to)) {
            int32_t score = scored ? score_of(first, i) : 0;
            if (!found || score > best_score) {
                *best = (span){first_from, to, first, i, 0};
                best_score = score;
                found = 1;
            }
        }
        from = to;
    }
    return (int)found;
}

/* The next number of the text from *at on, in tenths; 0 where there is none. Numbers that are no value (too long, decimals) are negative. */
static int next_number(const tl_rule *rule, uint32_t *at, span *out, int32_t *tenths)
{
    const char *text = tl_read.text;
    uint32_t i = *at;
    while (i < tl_read.count && !(text[i] >= '0' && text[i] <= '9' && !(i > 0 && (is_wordly(text[i - 1]) || text[i - 1] == '.')))) i++;
    if (i == tl_read.count) return 0;
    out->from = i;
    out->name = 0;
    int32_t value = 0;
    while (i < tl_read.count && text[i] >= '0' && text[i] <= '9') {
        if (value >= 0) value = i - out->from < 6 ? value * 10 + (text[i] - '0') : -1;
        i++;
    }
    if (value >= 0) value *= 10;
    if (i + 1 < tl_read.count && text[i] == '.' && text[i + 1] >= '0' && text[i + 1] <= '9') {
        if (value >= 0) value = rule->decimals ? value + text[i + 1] - '0' : -1;
        for (i += 2; i < tl_read.count && text[i] >= '0' && text[i] <= '9'; i++) value = -1;
    }
    *at = out->to = i;
    *tenths = value;
    return 1;
}

/* The next name of the rule's kind from *at on. *until: where the last name of the kind ends. */
static int next_name(const tl_rule *rule, uint32_t *at, uint32_t *until, span *out)
{
    tl_home_match longest[TL_KINDS];
    const tl_home_match *match = &longest[rule->kind - TL_NAME_AREA];
    for (uint32_t i = *at; i < tl_read.count; i++) {
        if (i < *until || !tl_home_word_start(tl_read.text, i)) continue;
        tl_home_find(tl_read.text, tl_read.count, i, longest);
        if (!match->end) continue;
        *until = match->end;
        if (rule->kind == TL_NAME_ENTITY && !(match->domains & rule->flags)) continue;
        *out = (span){match->start, match->end, 0, 0, match->entry->name};
        *at = i + 1;
        return 1;
    }
    return 0;
}

/* The next value of the rule, with its pieces. */
static int next_span(const tl_rule *rule, uint32_t *at, uint32_t *until, span *out)
{
    if (rule->kind == TL_NUMBER) {
        int32_t tenths = -1;
        while (tenths < rule->low || tenths > rule->high || tenths < 0)
            if (!next_number(rule, at, out, &tenths)) return 0;
    } else if (!next_name(rule, at, until, out)) {
        return 0;
    }
    uint32_t end = 0, i = 0, lead = out->from;
    if (lead > 0 && tl_read.text[lead - 1] == ' ') lead--; /* a word begins with its space */
    for (; (end += tl_read.piece[i]) <= lead;) i++;
    out->first = i;
    for (; end < out->to;) end += tl_read.piece[++i];
    out->last = i;
    return 1;
}

static int overlaps_used(const span *value)
{
    for (uint32_t i = 0; i < used_count; i++)
        if (value->from < used[i].to && used[i].from < value->to) return 1;
    return 0;
}

/* The value that the pointers prefer; one that overlaps an earlier slot only where there is no other. */
static span choose(const tl_rule *rule)
{
    span best = {0, 0, 0, 0, 0}, value;
    int32_t best_score = 0;
    int found = 0, best_overlaps = 0;
    if (rule->kind == TL_TEXT) {
        find_text(&best, 1);
        return best;
    }
    for (uint32_t at = 0, until = 0; next_span(rule, &at, &until, &value);) {
        int32_t score = score_of(value.first, value.last);
        int overlaps = overlaps_used(&value);
        if (found && (overlaps > best_overlaps || (overlaps == best_overlaps && score <= best_score))) continue;
        best = value;
        best_score = score;
        best_overlaps = overlaps;
        found = 1;
    }
    return best;
}

static int is_feasible(const tl_rule *rule)
{
    span value;
    uint32_t at = 0, until = 0;
    switch (rule->kind) {
    case TL_CLOSED: return 1;
    case TL_TEXT: return find_text(&value, 0);
    case TL_NUMBER: return next_span(rule, &at, &until, &value);
    default: return (tl_read.flags & rule->flags) != 0;
    }
}

static int is_open(const tl_edge *edge)
{
    return (feasible >> edge->rule & 1u) && (alive[edge->next / 8] >> (edge->next % 8) & 1);
}

/* Which rules the text has values for, and from which states an answer can be completed. */
static void survey(void)
{
    feasible = 0;
    for (uint32_t i = 0; i < tl_grammar.rule_count; i++) feasible |= (uint32_t)is_feasible(&tl_grammar.rules[i]) << i;
    memset(alive, 0, sizeof alive);
    alive[0] = 1;
    for (uint32_t state = 1; state < tl_grammar.states; state++)
        for (uint32_t i = tl_grammar.first[state]; i < tl_grammar.first[state + 1]; i++)
            if (is_open(&tl_grammar.edges[i])) alive[state / 8] |= (uint8_t)(1u << state % 8);
}

static uint32_t logit_of(const tl_edge *edge)
{
    return (uint32_t)edge->token - tl_language.first_logit;
}

/* The likeliest of a state's tokens that lead to an answer. */
static const tl_edge *likeliest(uint32_t state, uint32_t *confidence)
{
    const tl_edge *edge = &tl_grammar.edges[tl_grammar.first[state]], *end = &tl_grammar.edges[tl_grammar.first[state + 1]], *best = 0;
    if (end - edge == 1) return edge;
    for (; edge < end; edge++)
        if (is_open(edge) && (!best || tl_tensor_integer(tl_logits(), logit_of(edge)) > tl_tensor_integer(tl_logits(), logit_of(best)))) best = edge;
    *confidence = tl_both(*confidence, tl_share(tl_logits(), 0, tl_tensor_count(tl_logits()), logit_of(best)));
    return best;
}

/* How sure it is that the text is a command at all: what is left of the first choice if `none` weighs 1024 times its share. */
static uint32_t command_share(void)
{
    uint32_t none = tl_share(tl_logits(), 0, tl_tensor_count(tl_logits()), (uint32_t)tl_grammar.none - tl_language.first_logit);
    uint32_t left = 65536u - none;
    return (left << 15) / ((left + (none << 10)) >> 1);
}

/* Nothing is left to decide in this state but the end. */
static int only_end(uint32_t state)
{
    return tl_grammar.first[state + 1] - tl_grammar.first[state] == 1 && tl_grammar.edges[tl_grammar.first[state]].next == 0;
}

static uint32_t certainty(const span *value)
{
    uint32_t from = prompt_offset();
    uint32_t start = tl_share(&tl_outputs[tl_language.start], from, tl_read.pieces, from + value->first);
    return tl_both(start, tl_share(&tl_outputs[tl_language.end], from, tl_read.pieces, from + value->last));
}

static void add_slot(tl_answer *answer, const tl_edge *edge)
{
    const tl_rule *rule = &tl_grammar.rules[edge->rule];
    tl_slot *slot = &answer->slots[answer->count++];
    *slot = (tl_slot){edge->token, 0, 0};
    if (rule->kind == TL_CLOSED) return;
    span value = choose(rule);
    answer->confidence = tl_both(answer->confidence, certainty(&value));
    used[used_count++] = value;
    if (!value.name && tl_read.text[value.from] == ' ') value.from++;
    slot->value = value.name ? value.name : tl_read.text + value.from;
    slot->bytes = (uint16_t)(value.name ? tl_length(value.name) : value.to - value.from);
}

void tl_answer_decode(tl_answer *answer)
{
    uint32_t state = tl_grammar.states - 1u, command = command_share();
    *answer = (tl_answer){.intent = TL_NO_TOKEN, .confidence = 65536};
    used_count = 0;
    survey();
    for (;;) {
        const tl_edge *edge = likeliest(state, &answer->confidence);
        if (edge->next == 0) break;
        if (tl_grammar.rules[edge->rule].kind != TL_CLOSED || !only_end(edge->next)) {
            tl_step(edge->token, 0);
            answer->steps++;
        }
        if (answer->intent == TL_NO_TOKEN)
            answer->intent = edge->token;
        else
            add_slot(answer, edge);
        state = edge->next;
    }
    if (answer->intent != tl_grammar.none) {
        answer->confidence = tl_both(answer->confidence, command);
        if (answer->confidence >= tl_grammar.threshold) return;
    }
    answer->intent = tl_grammar.none;
    answer->count = 0;
}

/* " key=value", " key:" and the text, or " key:-" and the text. */
static void reply_slot(const tl_slot *slot)
{
    const char *text = tl_token_text[slot->token] + 1, *key = text;
    while (*text != '=' && *text != ':') text++;
    tl_put("m-lm-slot-[");
    tl_put_clean(key, (uint32_t)(text - key));
    tl_put("]-[");
    tl_put(text + 1); /* the closed value, or the sign */
    if (slot->value) tl_put_escaped(slot->value, slot->bytes);
    tl_put_line("]");
}

void tl_answer_command(char *rest)
{
    tl_answer answer;
    tl_prompt prompt;
    (void)rest;
    tl_port_flush();
    tl_reply_lap();
    int read = tl_read_finish(tl_grammar.depth, &prompt);
    if (read != TL_READ_OK || prompt.steps > tl_tensor_count(&tl_outputs[tl_language.start])) {
        tl_reply_error("Text longer than the model reads");
        return;
    }
    tl_answer_decode(&answer);
    tl_reply_lap();
    tl_reply_number("m-lm-prompt-", prompt.steps);
    tl_reply_number("m-lm-ahead-", prompt.ahead);
    tl_reply_number("m-lm-steps-", answer.steps);
    tl_put("m-lm-intent-[");
    tl_put(tl_token_text[answer.intent]);
    tl_put_line("]");
    for (uint32_t i = 0; i < answer.count; i++) reply_slot(&answer.slots[i]);
    uint32_t thousandths = (answer.confidence * 125u + 4096u) >> 13;
    tl_put(thousandths >= 1000 ? "m-lm-confidence-1." : "m-lm-confidence-0.");
    for (uint32_t unit = 100; unit; unit /= 10) tl_put_char((char)('0' + thousandths / unit % 10));
    tl_end_line();
}
