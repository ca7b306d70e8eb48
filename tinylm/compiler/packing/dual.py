"""Two output rows in one 16-bit lane, for cores with the DSP extension (SMLAD, SXTB16, SMMLAR).

A lane holds 256 * a + b of rows A and B (b signed). Multiplied by the activations it sums to h = 256 * A + B; its low byte alone sums
to l = B, and A = (h - l) / 256, exactly, modulo 2^32. So it needs -2^23 <= A < 2^23 at every step where A is read, that is at the end:
proved here from the weights and the bias. Where it does not hold the group of rows is stored plain, four bytes to a word.

With four rows a group (one vector of activations) l is Winograd's inner product (Winograd 1968, "A new algorithm for inner product"):
x0 b0 + x1 b1 = (x1 + b0)(x0 + b1) - x0 x1 - b0 b1. The last term goes into the bias here, the one before it is summed by the kernel.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from tinylm.compiler.fixedpoint import wrap32
from tinylm.compiler.graph import Array

#: The shifts that the short requantisation takes: 1 at least for its rounding, 22 at most so that zero point << shift fits.
SHORT_SHIFTS = (1, 22)
_LANE = (-(1 << 15), (1 << 15) - 1)


@dataclass(frozen=True)
class Packed:
    """words: [groups, words a group] uint32. plain: [groups] uint8, 1 where a group is stored plain. group: rows in each; starts: words
    before a group's weights."""

    words: Array
    plain: Array
    group: int
    starts: int = 4

    def bare(self) -> Packed | None:
        """Without the first and third start, if those are all 0: so it is where there are no biases."""
        if self.plain.any() or self.words[:, [0, 2]].any():
            return None
        return replace(self, words=np.delete(self.words, [0, 2], axis=1), starts=2)


def sum_bounds(weights: Array, bias: Array) -> tuple[Array, Array]:
    """(least, greatest) [n]: the exact ends of bias + weights @ x over all int8 vectors x. weights [n, k], bias [n]."""
    w = weights.astype(np.int64)
    return np.minimum(-128 * w, 127 * w).sum(axis=1) + bias, np.maximum(-128 * w, 127 * w).sum(axis=1) + bias


def short_rows(weights: Array, bias: Array, shift: Array) -> Array:
    """[n] bool: the rows whose every sum stays below 2^30 and whose (TFLite) shift the kernels' short requantisation takes."""
    right = -shift.astype(np.int64)
    low, high = SHORT_SHIFTS
    short: Array = short_sums(sum_bounds(weights, bias)) & (right >= low) & (right <= high)
    return short


def short_sums(ends: tuple[Array, Array]) -> Array:
    """[n] bool: which sums between these ends the short requantisation takes: below 2^30."""
    small: Array = (ends[0] > -(1 << 30)) & (ends[1] < 1 << 30)
    return small


def short_start(zero_point: int, right: int) -> int:
    """What the short requantisation starts with (kernels/include/tl_groups.h)."""
    return (2 * zero_point + 1) << (right - 1)


def requantises_short(weights: Array, bias: Array, shift: Array) -> bool:
    """Whether that is so for all."""
    return bool(short_rows(weights, bias, shift).all())


def takes_short(*shifts: int) -> bool:
    """Whether the short requantisation takes these (TFLite) shifts, given sums below 2^30."""
    return all(SHORT_SHIFTS[0] <= -shift <= SHORT_SHIFTS[1] for shift in shifts)


def pairs_fit(weights: Array, bias: Array) -> Array:
    """[n / 2] bool: which pairs of rows can share lanes. weights [n, k], n even."""
    least, greatest = sum_bounds(weights, bias)
    both = lanes(weights)
    sums = (least[0::2] >= -(1 << 23)) & (greatest[0::2] < 1 << 23)
    fit: Array = sums & (both >= _LANE[0]).all(axis=1) & (both <= _LANE[1]).all(axis=1)
    return fit


def padded(weights: Array, bias: Array, rows: int, depth: int) -> tuple[Array, Array]:
    """Zero rows and columns added up to multiples of ``rows`` and ``depth``; int64."""
    n, k = weights.shape
    w = np.pad(weights.astype(np.int64), ((0, -n % rows), (0, -k % depth)))
    return w, np.pad(bias.astype(np.int64), (0, -n % rows))


def to_depth(weights: Array, bias: Array) -> tuple[Array, Array]:
    """``padded`` to whole groups of four rows of ``depth_of`` weights."""
    return padded(weights, bias, 4, depth_of(weights.shape[1]))


def depth_of(inputs: int) -> int:
    """Weights of a row as ``fours`` and nibbles.quads store it: whole fours, two at least."""
    return max(8, inputs + -inputs % 4)


def lanes_bytes(inputs: int) -> int:
    """What tl_fours_expand makes of a vector of activations."""
    return 2 * (inputs + -inputs % 8) + 8


def fours(weights: Array, bias: Array) -> Packed:
    """Groups of four rows, of ``depth_of`` weights. weights [n, k] int8, bias [n] int32.

    A group: four biases; then for every four k two words a pair of rows, lanes (k, k + 2) and (k + 1, k + 3). Plain: the biases of the
    four rows; then for every four k one word a row, its four bytes.
    """
    w, b = to_depth(weights, bias)
    fit: Array = np.asarray(pairs_fit(w, b).reshape(-1, 2).all(axis=1))
    products = (w[:, 0::2] * w[:, 1::2]).sum(axis=1)
    starts = np.where(np.repeat(fit, 4), _starts(b, b - products), b).reshape(-1, 4)
    body = np.where(fit[:, None], _pair_words(w, 2), byte_words(w, 4))
    return _packed(starts, body, fit)


def _packed(starts: Array, body: Array, fit: Array) -> Packed:
    words = np.concatenate([wrap32(starts) & 0xFFFFFFFF, body], axis=1).astype(np.uint32)
    return Packed(words, (~fit).astype(np.uint8), starts.shape[1])


def _starts(bias: Array, low: Array) -> Array:
    """[n]: what h and l of each pair start with."""
    starts = np.empty_like(bias)
    starts[0::2] = 256 * bias[0::2] + bias[1::2]
    starts[1::2] = low[1::2]
    return starts


def lanes(weights: Array) -> Array:
    """[n / 2, k] int64: 256 * a + b of each pair of rows."""
    w = weights.astype(np.int64)
    return 256 * w[0::2] + w[1::2]


def _pair_words(weights: Array, pairs: int) -> Array:
    """[groups, words]: for every four k, for every pair, lanes (0, 2) and (1, 3)."""
    both = (lanes(weights) & 0xFFFF).reshape(-1, pairs, weights.shape[1] // 4, 4)
    words = both[..., 0:2] | both[..., 2:4] << 16
    return words.transpose(0, 2, 1, 3).reshape(both.shape[0], -1)


def byte_words(weights: Array, rows: int) -> Array:
    """[groups, words]: for every four k, for every row, four bytes."""
    w = np.ascontiguousarray(weights.astype(np.int8)).view("<u4").astype(np.int64)
    return w.reshape(-1, rows, w.shape[1]).transpose(0, 2, 1).reshape(w.shape[0] // rows, -1)
