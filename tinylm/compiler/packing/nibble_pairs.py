"""Eight rows of int4 weights to a 32-bit word, for cores without SIMD.

Weights are stored plus 8, in 0 .. 15, row 2 i of a group in bits 4 i .. 4 i + 3 and row 2 i + 1 sixteen bits higher, so that a shift and a
mask leave two rows in two 16-bit fields. Summed over the inputs x of a block they give L + 65536 U, modulo 2^32, where L and U are the
sums of the two rows and 8 times the sum of x. A row's own sum is known by its lower 16 bits: blocks are so short that it fits them,
proved here from the weights.
"""

from __future__ import annotations

import numpy as np

from tinylm.compiler.fixedpoint import wrap32
from tinylm.compiler.graph import Array
from tinylm.compiler.packing.dual import padded, sum_bounds

GROUP = 8
#: Inputs in the kernels' unrolled loop; a block is a multiple of it. So many fit 16 bits whatever the weights.
STEP = 8


def fits(weights: Array) -> bool:
    """Whether every weight is an int4, whatever its type."""
    return bool(weights.min() >= -8 and weights.max() <= 7)


def block(weights: Array) -> int:
    """Inputs of a block: as many as may be, all blocks alike. weights [n, k] of int4."""
    steps = -(-weights.shape[1] // STEP)
    for count in range(1, steps + 1):
        size = -(-steps // count) * STEP
        if all(_in_range(weights[:, start : start + size]) for start in range(0, weights.shape[1], size)):
            return size
    return STEP


def _in_range(weights: Array) -> bool:
    least, greatest = sum_bounds(weights, np.zeros(1, np.int64))
    return bool(least.min() >= -(1 << 15) and greatest.max() < 1 << 15)


def nibbles(weights: Array, bias: Array, size: int) -> Array:
    """[groups, 8 + depth] uint32: the biases of eight rows, then a word for every k (padded to whole blocks of ``size``)."""
    w, b = padded(weights, bias, GROUP, size)
    shifts = np.array([0, 16, 4, 20, 8, 24, 12, 28])[None, :, None]
    words = ((w.reshape(-1, GROUP, w.shape[1]) + 8) << shifts).sum(axis=1)
    return np.concatenate([wrap32(b).reshape(-1, GROUP), wrap32(words)], axis=1).astype(np.int32).view(np.uint32)
