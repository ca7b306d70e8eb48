/* The answers of chance: 13 states, 26 edges. */
#include "tl_answer.h"

static const tl_rule rules[] = {
    {.kind = TL_CLOSED, .decimals = 0, .flags = 0x0, .low = 0, .high = 0},
    {.kind = TL_NAME_FLOOR, .decimals = 0, .flags = 0x4, .low = 0, .high = 0},
    {.kind = TL_NAME_AREA, .decimals = 0, .flags = 0x1, .low = 0, .high = 0},
    {.kind = TL_NAME_ENTITY, .decimals = 0, .flags = 0x1C0, .low = 0, .high = 0},
    {.kind = TL_NUMBER, .decimals = 0, .flags = 0x0, .low = 0, .high = 1000},
    {.kind = TL_NUMBER, .decimals = 0, .flags = 0x0, .low = 10, .high = 1000},
    {.kind = TL_TEXT, .decimals = 0, .flags = 0x0, .low = 0, .high = 0},
    {.kind = TL_NUMBER, .decimals = 1, .flags = 0x0, .low = 0, .high = 500},
};

/* token, rule, next state */
static const tl_edge edges[] = {
{89, 0, 0}, /* 1: end */
{81, 2, 1}, /* 2:  area: */
{76, 0, 2}, /* 3:  color=red */
{77, 0, 2}, /* 3:  color=blue */
{82, 1, 1}, /* 3:  floor: */
{81, 2, 1}, /* 4:  area: */
{89, 0, 0}, /* 4: end */
{75, 0, 3}, /* 5:  domain=light */
{80, 3, 4}, /* 5:  name: */
{78, 0, 1}, /* 6:  volume_step=up */
{79, 0, 1}, /* 6:  volume_step=down */
{88, 4, 1}, /* 6:  volume_step:- */
{86, 5, 1}, /* 7:  seconds: */
{89, 0, 0}, /* 7: end */
{87, 7, 1}, /* 8:  temperature: */
{80, 6, 8}, /* 9:  name: */
{85, 5, 7}, /* 9:  minutes: */
{83, 6, 1}, /* 10:  message: */
{83, 6, 1}, /* 11:  message: */
{84, 6, 10}, /* 11:  item: */
{69, 0, 1}, /* 12: none */
{70, 0, 5}, /* 12: TurnOn */
{71, 0, 6}, /* 12: SetVolume */
{72, 0, 9}, /* 12: SetTimer */
{73, 0, 11}, /* 12: Say */
{74, 0, 1}, /* 12: Nevermind */
};

static const uint16_t first[] = {
    0, 0, 1, 2, 5, 7, 9, 12, 14, 15, 17, 18, 20, 26,
};

const tl_answer_grammar tl_grammar = {
    .rules = rules,
    .edges = edges,
    .first = first,
    .states = 13,
    .rule_count = 8,
    .depth = 4,
    .none = 69,
    .threshold = 0,
};
