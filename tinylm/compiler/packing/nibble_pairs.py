"""Eight rows of int4 weights to a 32-bit word, for cores without SIMD.

Weights are stored plus 8, in 0 .. 15, row 2 i of a group in bits 4 i .. 4 i + 3 and row 2 i + 1 sixteen bits higher, so that a shift and a
mask leave two rows in two 16-bit fields. Activations come as x + 128, in 0 .. 255: sixteen products stay below 2^16, whatever the
weights. A row is its sum less 8 * the sum of x + 128, plus its start: there is no condition.
"""

from __future__ import annotations

import numpy as np

from tinylm.compiler.fixedpoint import wrap32
from tinylm.compiler.graph import Array
from tinylm.compiler.packing.dual import padded

GROUP = 8
BLOCK = 16


def fits(weights: Array) -> bool:
    """Whether every weight is an int4, whatever its type."""
    return bool(weights.min() >= -8 and weights.max() <= 7)


def nibbles(weights: Array, bias: Array) -> Array:
    """[groups, depth + 8] uint32: a word for every k (padded to 16), then the starts of the eight rows. weights [n, k], bias [n] int32."""
    w, b = padded(weights, bias, GROUP, BLOCK)
    starts = wrap32(b - 128 * w.sum(axis=1)).reshape(-1, GROUP)
    shifts = np.array([0, 16, 4, 20, 8, 24, 12, 28])[None, :, None]
    words = ((w.reshape(-1, GROUP, w.shape[1]) + 8) << shifts).sum(axis=1)
    return np.concatenate([wrap32(words), starts], axis=1).astype(np.int32).view(np.uint32)
