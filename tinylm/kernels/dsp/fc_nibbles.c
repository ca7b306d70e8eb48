#define WEIGHT_BITS 4
#include "tl_fc_packed_loops.h"

#define BOTH(name, rows, fraction)                                      \
    KERNEL(name##_relu_##fraction, rows##_relu_##fraction)              \
    KERNEL(name##_any_##fraction, rows##_any_##fraction)                \
    KERNEL(name##_relu_##fraction##_bare, rows##_relu_##fraction##_bare) \
    KERNEL(name##_any_##fraction##_bare, rows##_any_##fraction##_bare)
#define ALL(name, rows) BOTH(name, rows, 9) BOTH(name, rows, 11) BOTH(name, rows, 13) BOTH(name, rows, 15) BOTH(name, rows, 17)

ALL(tl_fc_nibbles, tl_quads)
KERNEL(tl_fc_nibbles_near_1, tl_quads_near_1)
KERNEL(tl_fc_nibbles_near_2, tl_quads_near_2)
KERNEL(tl_fc_nibbles_near_3, tl_quads_near_3)
KERNEL(tl_fc_nibbles_near_4, tl_quads_near_4)
KERNEL(tl_fc_nibbles_near_5, tl_quads_near_5)
KERNEL(tl_fc_nibbles_near_6, tl_quads_near_6)
KERNEL(tl_fc_nibbles_near_7, tl_quads_near_7)
KERNEL(tl_fc_nibbles_near_8, tl_quads_near_8)
KERNEL(tl_fc_nibbles_near_9, tl_quads_near_9)
KERNEL(tl_fc_nibbles_near_10, tl_quads_near_10)
KERNEL(tl_fc_nibbles_near_11, tl_quads_near_11)
KERNEL(tl_fc_nibbles_near_12, tl_quads_near_12)
KERNEL(tl_fc_nibbles_near_13, tl_quads_near_13)
KERNEL(tl_fc_nibbles_near_14, tl_quads_near_14)
KERNEL(tl_fc_nibbles_near_15, tl_quads_near_15)
KERNEL(tl_fc_nibbles_read, tl_quads_read)
KERNEL(tl_fc_nibbles_tensor, tl_quads_tensor)
KERNEL(tl_fc_nibbles_tensor_relu, tl_quads_tensor_relu)
KERNEL(tl_fc_nibbles_channels, tl_quads_channels)
KERNEL(tl_fc_nibbles_channels_relu, tl_quads_channels_relu)
