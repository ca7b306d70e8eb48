"""Four rows of int4 weights in one 16-bit lane, for cores with the DSP extension.

A lane holds 4096 a + 256 b + 16 c + d, a signed, b, c and d 8 more than the weights (0 .. 15). Four sums over the activations x, of the
lane, of its low byte, of 256 b + d and of d, differ by 4096 A, 256 B and 16 C, modulo 2^32: exact where A, B and C, biases included, stay
in 20, 24 and 28 bits. What the 8 more adds is 8 times the sum of x, which the kernel takes off. The sums of the low byte
and of d are Winograd's inner product (see dual.py).
"""

from __future__ import annotations

import numpy as np

from tinylm.compiler.fixedpoint import wrap32
from tinylm.compiler.graph import Array
from tinylm.compiler.packing.dual import Packed, sum_bounds, to_depth


def fits(weights: Array, bias: Array) -> bool:
    """Whether every group of rows can be packed. weights [n, k] int4 values, bias [n] int32."""
    w, bias = to_depth(weights, bias)
    if weights.size == 0 or w.min() < -8 or w.max() > 7:
        return False
    a, b, c, d = (w[i::4] + (8 if i else 0) for i in range(4))
    of_a, of_b, of_c, of_d = (bias[i::4] for i in range(4))
    checks = [(a, of_a, 19), (b, of_b, 23), (c, of_c, 27), (d, of_d, 30)]
    return all(_within(rows, start, bits) for rows, start, bits in checks)


def _within(rows: Array, start: Array, bits: int) -> bool:
    least, greatest = sum_bounds(rows, start)
    return bool(least.min() >= -(1 << bits) and greatest.max() < 1 << bits)


def quads(weights: Array, bias: Array) -> Packed:
    """Groups of four rows of ``depth_of`` weights that ``fits``.

    Of each four starts; then for every four k lanes (k, k + 2) and (k + 1, k + 3).
    """
    w, bias = to_depth(weights, bias)
    a, b, c, d = (w[i::4] + (8 if i else 0) for i in range(4))
    of_a, of_b, of_c, of_d = (bias[i::4] for i in range(4))
    low = 16 * of_c + of_d
    starts = np.stack([256 * (16 * of_a + of_b) + low, low - _products(16 * c + d), 256 * of_b + of_d, of_d - _products(d)], axis=1)
    lanes = ((4096 * a + 256 * b + 16 * c + d) & 0xFFFF).reshape(len(a), -1, 4)
    body = (lanes[..., 0:2] | lanes[..., 2:4] << 16).reshape(len(a), -1)
    words = np.concatenate([wrap32(starts) & 0xFFFFFFFF, body], axis=1).astype(np.uint32)
    return Packed(words, np.zeros(len(a), np.uint8), 4)


def _products(rows: Array) -> Array:
    products: Array = (rows[:, 0::2] * rows[:, 1::2]).sum(axis=1)
    return products
