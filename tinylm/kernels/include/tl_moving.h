/* Kernels that move bytes; none knows the type of what it moves. */
#ifndef TL_MOVING_H
#define TL_MOVING_H

#include <stdint.h>

#define TL_MAX_AXES 6

/* A strided view copied into another: nested loops, outermost first, over runs of `bytes` bytes; steps in bytes. */
typedef struct {
    int32_t rank;
    int32_t size[TL_MAX_AXES], from_step[TL_MAX_AXES], to_step[TL_MAX_AXES];
    int32_t bytes;
} tl_move;
void tl_move_view(const tl_move *p, const void *x, void *y);

/* Runs of `bytes` bytes picked along each axis by a table of byte offsets, written one after the other. */
typedef struct {
    int32_t rank;
    int32_t size[TL_MAX_AXES];
    const int32_t *offset[TL_MAX_AXES];
    int32_t bytes;
} tl_pick;
void tl_pick_runs(const tl_pick *p, const void *x, void *y);

/* count elements of `bytes` bytes, all equal to *value. */
void tl_fill(const void *value, void *y, int32_t bytes, int32_t count);

/* [batches][height][width] cut into blocks whose places become batches: [block_height][block_width][batches][rows][columns].
 * The big side has `top` and `left` more rows and columns in front. bytes: of one pixel. */
typedef struct {
    int32_t batches, height, width, rows, columns;
    int32_t block_height, block_width, top, left;
    int32_t bytes;
} tl_blocks;
void tl_space_to_batch(const tl_blocks *p, const void *x, void *y);
void tl_batch_to_space(const tl_blocks *p, const void *x, void *y);

/* Slices of `bytes` bytes by tuples of `depth` int32 indices with these byte strides; last: byte offset of the last whole slice. */
typedef struct {
    int32_t slices, depth;
    int32_t stride[TL_MAX_AXES];
    int32_t bytes, last;
} tl_gather_nd;
void tl_gather_tuples(const tl_gather_nd *p, const void *x, const int32_t *index, void *y);

/* x with the block `size` replaced by `update` at the start indices, each clamped to 0..last; step: bytes a step moves in x.
 * bytes: of x. wide: 1 = the indices are int64. x and y may be the same. */
typedef struct {
    int32_t rank, wide, bytes;
    int32_t size[TL_MAX_AXES], last[TL_MAX_AXES], step[TL_MAX_AXES];
} tl_update;
void tl_update_slice(const tl_update *p, const void *x, const void *update, const void *index, void *y);
/* *y: how far an axis is written: as far as *reach, or `size` from *start on, which is clamped to 0 .. last. */
void tl_reach(const int32_t *reach, const int32_t *start, int32_t *y, int32_t size, int32_t last);

/* Bilinear resizing of [batches][height][width][depth]. Along each axis: element offsets of the two neighbours and how far from the
 * first the place lies (in 1/1024 for int8). image: elements of one input image. */
typedef struct {
    int32_t size;
    const int32_t *low, *high, *rest;
} tl_neighbours_s8;
typedef struct {
    int32_t size;
    const int32_t *low, *high;
    const float *rest;
} tl_neighbours_f32;
typedef struct {
    int32_t batches, image, depth;
    tl_neighbours_s8 row, column;
} tl_resize_s8;
typedef struct {
    int32_t batches, image, depth;
    tl_neighbours_f32 row, column;
} tl_resize_f32;
void tl_resize_bilinear_s8(const tl_resize_s8 *p, const int8_t *x, int8_t *y);
void tl_resize_bilinear_f32(const tl_resize_f32 *p, const float *x, float *y);

#endif
