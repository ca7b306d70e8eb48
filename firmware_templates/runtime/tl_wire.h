/* The bytes of a `db load`, in the form in which the benchmark sends them, and how they become the model's inputs. */
#ifndef TL_WIRE_H
#define TL_WIRE_H

#include <stdbool.h>
#include <stdint.h>

uint32_t tl_wire_limit(void);          /* bytes that a load may have */
void tl_wire_begin(uint32_t bytes);    /* a load of so many; all of it is 0 */
void tl_wire_put(uint8_t byte);        /* the next one; at most as many as were announced */
uint32_t tl_wire_expected(void);       /* bytes of the load, 0 before the first */
uint32_t tl_wire_received(void);       /* bytes so far */
uint32_t tl_wire_missing(void);        /* bytes until the load is done */
uint8_t tl_wire_byte(uint32_t index);  /* a received byte, as it was sent */
void tl_wire_prepare(void);            /* once before a series of inferences: work that is none of theirs */
void tl_wire_fill(void);               /* before each inference: the inputs may share their place with other tensors */
bool tl_wire_error(float *mean_square); /* of output 0 against what was loaded; false: this load's result are the outputs */

#endif
