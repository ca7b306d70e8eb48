"""Depthwise weights for cores without SIMD: one stream, channel by channel."""

from __future__ import annotations

import numpy as np

from tinylm.compiler.graph import Array

#: Pairs of taps in the kernel's unrolled loop.
UNROLL = 5


def stream(weights: Array, bias: Array, multiplier: Array, shift: Array) -> Array:
    """[channels, 3 + pairs] int32: bias, weights two int16 to a word, multiplier, bits to shift right.

    weights [channels, taps] int8, bias [channels] int32, multiplier and shift (TFLite's) [channels] or [1].
    """
    channels = weights.shape[0]
    w = np.pad(weights.astype(np.int16), ((0, 0), (0, weights.shape[1] % 2)))
    words = np.ascontiguousarray(w).view("<i4")
    per_channel = [np.broadcast_to(values.astype(np.int32), channels)[:, None] for values in (bias, multiplier, -shift.astype(np.int32))]
    return np.concatenate([per_channel[0], words, *per_channel[1:]], axis=1).astype(np.int32)


def skip(pairs: int) -> int:
    """Pairs that the first pass of the unrolled loop leaves out."""
    return -pairs % UNROLL
