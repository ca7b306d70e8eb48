"""int4 weights for the vector extension: a byte holds input j of a block of 32 in its low nibble, input j + 16 in its high one.

Shifted left by 4, or masked, a nibble is an int8, 16 times the weight. Groups of four rows; block by block, row by row.
"""

from __future__ import annotations

import numpy as np

from tinylm.compiler.graph import Array

GROUP, BLOCK = 4, 32


def nibbles(weights: Array) -> Array:
    """uint8, of weights [n, k] in -8 .. 7; rows and inputs padded with zeros."""
    n, k = weights.shape
    w = np.pad(weights.astype(np.int64), ((0, -n % GROUP), (0, -k % BLOCK))) & 15
    halves = w.reshape(-1, GROUP, w.shape[1] // BLOCK, 2, BLOCK // 2).transpose(0, 2, 1, 3, 4)
    return (halves[:, :, :, 0] | halves[:, :, :, 1] << 4).astype(np.uint8)
