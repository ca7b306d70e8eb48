#include "tl_console.h"
#include "tl_lm.h"

void tl_lm_command(char *arguments)
{
    (void)arguments;
    tl_reply_error("Not a language model");
}

void tl_lm_start(void) {}

void tl_lm_disturb(void) {}
