"""Depthwise weights for cores with the DSP extension: four channels side by side, everything doubled as the short finish wants it."""

from __future__ import annotations

import numpy as np

from tinylm.compiler.graph import Array


def groups(weights: Array, bias: Array) -> Array:
    """[groups, 4 + 2 taps] uint32: of every four channels twice the biases, then for each tap two words of twice the weights: lanes (0, 2)
    and (1, 3). weights [channels, taps] int8, bias [channels] int32."""
    channels, taps = weights.shape
    more = -channels % 4
    start = np.pad(bias, (0, more)).reshape(-1, 4)
    doubled = np.pad(2 * weights.astype(np.int64), ((0, more), (0, 0))).reshape(-1, 4, taps).transpose(0, 2, 1) & 0xFFFF
    words = (doubled[..., :2] | doubled[..., 2:] << 16).reshape(len(start), -1)
    return np.concatenate([2 * start.astype(np.int64) & 0xFFFFFFFF, words], axis=1).astype(np.uint32)


def finishes(multiplier: Array, shift: Array, zero_point: int) -> Array:
    """[channels in whole groups, 3] int32: multiplier, what is added, and bits to shift right. multiplier, shift: TFLite's, [channels]."""
    right = -shift.astype(np.int64)
    rows = np.stack([multiplier.astype(np.int64), (2 * zero_point + 1) << (right - 1), right], axis=1)
    return np.pad(rows, ((0, -len(rows) % 4), (0, 0)), mode="edge").astype(np.int32)
