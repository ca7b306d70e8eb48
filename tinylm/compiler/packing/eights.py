"""Eight output rows a group, four to a 32-bit word, for cores without SIMD.

A word holds the weights a, b, c, d of rows A to D at one depth k as two halves, 256 d + (c + 128) and 256 (b + 128) + (a + 128): the
upper is signed, the lower is not, so that the upper is the word shifted right. Activations come as x + 128, in 0 .. 255. Summed over k
are the products of x with the low byte (A'), with the word (all), with the upper half's low byte (C') and with the upper half (upper):

    A = A' - 128 S,  C = C' - 128 S,  D = (upper - C') / 256,  B = (all - 65536 upper - A' - 256 * 128 S) / 256      S: the sum of x + 128

all modulo 2^32. So B and D have to lie in -2^23 .. 2^23 - 1 at the end: proved here from the weights and the bias. A group in which
they need not is stored plain: a byte a weight, four rows to a word.
"""

from __future__ import annotations

import numpy as np

from tinylm.compiler.fixedpoint import wrap32
from tinylm.compiler.graph import Array
from tinylm.compiler.packing.dual import Packed, padded, sum_bounds

GROUP = 8
#: The shifts that the short requantisation takes.
SHORT_SHIFTS = (0, 31)
_LIMIT = 1 << 23
#: Where the starts of A', all, C' and upper of the two words stand in a group.
_ORDER = [2, 3, 4, 5, 6, 7, 0, 1]


def eights(weights: Array, bias: Array) -> Packed:
    """Groups of eight rows, depth padded to 4. weights [n, k] int8, bias [n] int32.

    A group: eight starts of the sums; then for every k two words. Plain: the starts of the eight rows, then words of four bytes.
    """
    w, b = padded(weights, bias, GROUP, 4)
    least, greatest = sum_bounds(w, b)
    fits = rows_fit(least, greatest)
    b = b - 128 * w.sum(axis=1)  # x + 128 for x
    rows, starts = w.reshape(-1, 2, 4, w.shape[1]), b.reshape(-1, 2, 4)
    lower, upper = 256 * (rows[:, :, 1] + 128) + rows[:, :, 0] + 128, 256 * rows[:, :, 3] + rows[:, :, 2] + 128
    low, third = starts[:, :, 0], starts[:, :, 2]
    above = 256 * starts[:, :, 3] + third
    mixed = np.stack([low, (above << 16) + 256 * starts[:, :, 1] + low, third, above], axis=2)
    begin = np.where(fits[:, None], mixed.reshape(-1, GROUP)[:, _ORDER], b.reshape(-1, GROUP))
    shifts = 8 * np.arange(4)[None, None, :, None]
    body = np.where(fits[:, None, None], (upper << 16) + lower, ((rows & 255) << shifts).sum(axis=2))
    words = body.transpose(0, 2, 1).reshape(begin.shape[0], -1)
    stored = np.concatenate([wrap32(begin), wrap32(words)], axis=1).astype(np.int32).view(np.uint32)
    return Packed(stored, np.logical_not(fits).astype(np.uint8), GROUP)


def rows_fit(least: Array, greatest: Array) -> Array:
    """[groups] bool: which groups of rows with these sums can be packed."""
    fits = np.array([least >= -_LIMIT, greatest < _LIMIT]).all(axis=0)
    return np.array(fits.reshape(-1, GROUP)[:, 1::2].all(axis=1))


def requantises_short(weights: Array, bias: Array, shift: Array) -> bool:
    """Whether every sum stays below 2^30 and every (TFLite) shift is one that the kernels' short requantisation takes."""
    least, greatest = sum_bounds(weights, bias)
    low, high = SHORT_SHIFTS
    right = -shift.astype(np.int64)
    return bool(least.min() > -(1 << 30) and greatest.max() < 1 << 30 and right.min() >= low and right.max() <= high)
