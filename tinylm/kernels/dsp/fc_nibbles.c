#define WEIGHT_BITS 4
#include "tl_fc_packed_loops.h"

ALL(tl_fc_nibbles, tl_quads)
KERNEL(tl_fc_nibbles_read, tl_quads_read)
KERNEL(tl_fc_nibbles_tensor, tl_quads_tensor)
KERNEL(tl_fc_nibbles_tensor_relu, tl_quads_tensor_relu)
KERNEL(tl_fc_nibbles_channels, tl_quads_channels)
KERNEL(tl_fc_nibbles_channels_relu, tl_quads_channels_relu)
