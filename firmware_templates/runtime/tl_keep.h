/* A prompt that every text of a session begins with, read once: its snapshot lies in flash (build --prefix) or in RAM (lm keep). */
#ifndef TL_KEEP_H
#define TL_KEEP_H

#include <stdint.h>

/* Rendered (language_data.c): the snapshot behind the text that the image was built with, or NULL. */
extern const uint8_t *const tl_prefix;

/* Put the model where every text begins: behind what is kept, else behind the prefix, else behind bos. */
void tl_keep_begin(void);

/* Nothing is kept: the image's own start again. */
void tl_keep_nothing(void);

/* "lm keep": the text that was fed is the start of all that follow; without text: the image's own start again. */
void tl_keep_command(char *rest);

#endif
