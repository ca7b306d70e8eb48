/* The answers of chance: 13 states, 26 edges. */
#include "tl_answer.h"

static const tl_rule rules[] = {
    {.kind = TL_CLOSED, .decimals = 0, .flags = 0x0, .low = 0, .high = 0},
    {.kind = TL_NUMBER, .decimals = 0, .flags = 0x0, .low = 10, .high = 1000},
    {.kind = TL_TEXT, .decimals = 0, .flags = 0x0, .low = 0, .high = 0},
    {.kind = TL_NUMBER, .decimals = 1, .flags = 0x0, .low = 0, .high = 500},
    {.kind = TL_NAME_ENTITY, .decimals = 0, .flags = 0x1C0, .low = 0, .high = 0},
    {.kind = TL_NAME_AREA, .decimals = 0, .flags = 0x1, .low = 0, .high = 0},
    {.kind = TL_NAME_FLOOR, .decimals = 0, .flags = 0x4, .low = 0, .high = 0},
    {.kind = TL_NUMBER, .decimals = 0, .flags = 0x0, .low = 0, .high = 1000},
};

/* token, rule, next state */
static const tl_edge edges[] = {
{88, 0, 0}, /* 1: end */
{85, 1, 1}, /* 2:  seconds: */
{88, 0, 0}, /* 2: end */
{86, 3, 1}, /* 3:  temperature: */
{79, 2, 3}, /* 4:  name: */
{84, 1, 2}, /* 4:  minutes: */
{80, 5, 1}, /* 5:  area: */
{88, 0, 0}, /* 5: end */
{80, 5, 1}, /* 6:  area: */
{75, 0, 6}, /* 7:  color=red */
{76, 0, 6}, /* 7:  color=blue */
{81, 6, 1}, /* 7:  floor: */
{74, 0, 7}, /* 8:  domain=light */
{79, 4, 5}, /* 8:  name: */
{77, 0, 1}, /* 9:  volume_step=up */
{78, 0, 1}, /* 9:  volume_step=down */
{87, 7, 1}, /* 9:  volume_step:- */
{82, 2, 1}, /* 10:  message: */
{82, 2, 1}, /* 11:  message: */
{83, 2, 10}, /* 11:  item: */
{68, 0, 1}, /* 12: none */
{69, 0, 8}, /* 12: TurnOn */
{70, 0, 9}, /* 12: SetVolume */
{71, 0, 4}, /* 12: SetTimer */
{72, 0, 11}, /* 12: Say */
{73, 0, 1}, /* 12: Nevermind */
};

static const uint16_t first[] = {
    0, 0, 1, 3, 4, 6, 8, 9, 12, 14, 17, 18, 20, 26,
};

const tl_answer_grammar tl_grammar = {
    .rules = rules,
    .edges = edges,
    .first = first,
    .states = 13,
    .rule_count = 8,
    .depth = 4,
    .none = 68,
    .threshold = 0,
};
