/* What a model remembers and its last outputs as one run of bytes, and back: going on from there equals reading all again, bit for bit.
 *
 * Four bytes of position (the lowest first), then the state and every output as runs: 16 bits, twice the run's length and 1 where its
 * bytes follow, 0 where one byte follows that the run repeats. tinylm/firmware/prefix.py writes the same. */
#ifndef TL_SNAPSHOT_H
#define TL_SNAPSHOT_H

#include <stdint.h>

enum { TL_SNAPSHOT_RUN = 0x7FFF, TL_SNAPSHOT_SAME = 4 }; /* bytes of a run at most; equal bytes that are worth a run of their own */

/* Bytes that the snapshot takes. to: where it goes; NULL: it is only measured. */
uint32_t tl_snapshot_save(uint8_t *to);

/* from: what tl_snapshot_save wrote for this very image. */
void tl_snapshot_restore(const uint8_t *from);

#endif
