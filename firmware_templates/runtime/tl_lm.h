/* The `lm` commands. tl_lm.c for language models, tl_lm_none.c for all others. */
#ifndef TL_LM_H
#define TL_LM_H

#include <stdint.h>

typedef struct {
    const char *name;
    void (*run)(char *rest); /* rest: what follows the name and one space */
} tl_lm_entry;

/* Rendered (language_data.c): what this model can do. */
extern const tl_lm_entry tl_lm_commands[];
extern const uint32_t tl_lm_command_count;

/* How the next token is chosen (tl_sample.h); NULL: the most likely one. fresh: the device has just started. */
typedef struct {
    void (*fresh)(void);
    void (*start)(void);
    void (*saw)(uint16_t token);
    uint16_t (*draw)(void);
} tl_lm_chooser;
extern const tl_lm_chooser tl_chooser;

void tl_lm_reset(char *rest);
void tl_lm_feed(char *rest);
void tl_lm_generate(char *rest);
void tl_lm_score(char *rest);

/* arguments: the text behind "lm ", or "" */
void tl_lm_command(char *arguments);

/* The device has just started. */
void tl_lm_start(void);

/* Something else is about to use the model: text that was read is read again. */
void tl_lm_disturb(void);

#endif
