/* The text that was fed: the model reads its words as soon as nothing that follows can change them. */
#ifndef TL_READ_H
#define TL_READ_H

#include "tl_text.h"

/* Rendered (language_data.c): how names are found in the text; NULL where the model takes no flags. */
typedef struct {
    void (*start)(void);
    uint32_t (*flags)(const char *text, uint32_t count, uint32_t from, uint32_t to);
    uint32_t (*settled)(const char *text, uint32_t count);
} tl_reader_names;
extern const tl_reader_names tl_names;

/* The text as the model sees it, its pieces so far, and the flags that any of them has. */
typedef struct {
    char text[TL_TEXT_MAX + 1];
    uint32_t count;                     /* characters */
    uint8_t piece[TL_TEXT_MAX + 1];     /* characters of each piece */
    uint32_t pieces;
    uint32_t flags;
} tl_reading;
extern tl_reading tl_read;

/* Rendered: puts the model where every text begins; NULL: behind bos. */
extern void (*const tl_read_begin)(void);

enum { TL_READ_OK, TL_READ_FULL, TL_READ_WINDOW };

/* The reset state and bos, where there is one. */
void tl_read_bos(void);

/* Forget the text; the model starts again with the next one. */
void tl_read_reset(void);

/* Something else is using the model: read the text from its start again when more comes. */
void tl_read_again(void);

/* Take more text: TL_READ_FULL where it is too long (it changes nothing then). */
int tl_read_feed(const char *text, uint32_t bytes);
uint32_t tl_read_pending(void);

/* Read what is left; the text is used up. 0: the model's window is too short for it. */
int tl_read_all(void);

/* Tokens of a text with bos and answer; how many of them were read before it was complete. */
typedef struct {
    uint32_t steps, ahead;
} tl_prompt;

/* Read what is left and the answer token; the text is used up. TL_READ_WINDOW: the model's window is too short for it and `more` steps. */
int tl_read_finish(uint32_t more, tl_prompt *prompt);

#endif
