/* How chance is run: its inputs and outputs, and the commands of its console. */
#include "tl_lm.h"
#include "tl_read.h"
#include "tl_step.h"
#include "tl_answer.h"
#include "tl_home.h"

static const uint8_t flag_order[] = {22, 21, 20, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0};

const tl_language_ends tl_language = {
    .token = 2,
    .position = 1,
    .flags = 0,
    .logits = 1,
    .start = 0,
    .end = 2,
    .first_logit = 67,
    .window = 90,
    .flag_order = flag_order,
};

const tl_reader_names tl_names = {tl_home_start, tl_home_flags, tl_home_settled};

const tl_lm_chooser tl_chooser = {0, 0, 0, 0};
void (*const tl_read_begin)(void) = 0;

const tl_lm_entry tl_lm_commands[] = {
    {"reset", tl_lm_reset}, {"feed", tl_lm_feed}, {"generate", tl_lm_generate}, {"score", tl_lm_score},
    {"answer", tl_answer_command},
};
const uint32_t tl_lm_command_count = sizeof tl_lm_commands / sizeof *tl_lm_commands;
