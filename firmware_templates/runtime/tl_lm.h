/* The `lm` commands. tl_lm.c for language models, tl_lm_none.c for all others. */
#ifndef TL_LM_H
#define TL_LM_H

/* arguments: the text behind "lm ", or "" */
void tl_lm_command(char *arguments);

#endif
