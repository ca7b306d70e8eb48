#include "tl_keep.h"

#include "tl_console.h"
#include "tl_port.h"
#include "tl_read.h"
#include "tl_snapshot.h"
#include "tl_step.h"

static const uint8_t *kept;

void tl_keep_nothing(void)
{
    kept = 0;
}

void tl_keep_begin(void)
{
    const uint8_t *from = kept ? kept : tl_prefix;
    if (from)
        tl_snapshot_restore(from);
    else
        tl_read_bos();
}

void tl_keep_command(char *rest)
{
    (void)rest;
    uint32_t room, bytes = 0;
    uint8_t *end = tl_port_spare(&room) + room;
    if (!tl_read_pending()) {
        tl_read_reset();
        tl_keep_nothing();
    } else if (!tl_read_all()) {
        tl_reply_error("Text longer than the model reads");
        return;
    } else if ((bytes = tl_snapshot_save(0)) > room) {
        tl_reply_error("No room for the state");
        return;
    } else {
        tl_snapshot_save(end - bytes);
        kept = end - bytes;
    }
    tl_reply_number("m-lm-kept-", bytes);
}
