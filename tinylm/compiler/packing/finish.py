"""Requantising in one multiplication and one saturating shift, proved row by row.

TFLM rounds twice: u = round(a m) with the multiplier m in 0.5 .. 1, then u / 2^s rounded half away from zero, plus the zero point z. So an
output of k or more starts, for k > z, at a m 2^-s = k - z - 1/2 - 2^-(s+1), for the others 2^-s later. The kernels compute

    v = floor(256 a * factor / 2^32) + start (+ step where a < 0),  then v / 2^fraction, floored and saturated to int8,

with factor = m 2^(24 + fraction - s), start = (2z + 1) 2^(fraction - 1) + 2^(fraction - s - 1) and step = -2^(fraction - s). With
fraction = s the kernels round the first term instead, as TFLM does; start = (2z + 1) 2^(s - 1) and step = -1. All are steps that never go
down; so they are equal if every output of low + 1 .. high starts at the same sum: that is checked here, for all sums that
the row can have, which leaves nothing to rounding errors of the factor. Rows for which it does not hold are finished as TFLM does it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tinylm.compiler.fixedpoint import multiply_by_quantized_multiplier
from tinylm.compiler.graph import Array

#: The fractions that kernels exist for: with fraction - 7 <= s <= fraction - 4 nearly every row is right, above that fewer are.
FRACTIONS = (13, 11, 15, 9, 17)
#: Those of a finish that reads its fraction: for shifts to the left.
SMALL_FRACTIONS = (7, 6, 5, 4, 3, 2, 1)
#: Those that may equal TFLM's shift.
NEAR_FRACTIONS = range(1, 16)
_MOST_LEFT = 6
_LIMIT = 1 << 23  # 256 * sum has to fit 32 bits


@dataclass(frozen=True)
class Finish:
    """fraction, and of each row [n] int64: factor, start, step; right: whether they give what TFLM does."""

    fraction: int
    factor: Array
    start: Array
    step: Array
    right: Array


def near_finish(ends: tuple[Array, Array], multiplier: Array, shift: Array, zero_point: int, limits: tuple[int, int]) -> Finish | None:
    """The finish whose fraction is the shift, all of one: None where there are no kernels for that. Arguments as ``short_finish``."""
    fraction = -int(shift[0])
    if fraction not in NEAR_FRACTIONS:
        return None
    return _finish(fraction, ends, multiplier.astype(np.int64), shift.astype(np.int64), zero_point, limits, rounds=True)


def short_finish(
    ends: tuple[Array, Array],
    multiplier: Array,
    shift: Array,
    zero_point: int,
    limits: tuple[int, int],
    groups: int = 1,
    fractions: tuple[int, ...] = FRACTIONS,
) -> Finish:
    """The finish that is right for most groups of ``groups`` rows.

    ends: least and greatest sum of each row; multiplier, shift: TFLite's, [n]; limits: what outputs are clamped to.
    """
    found = [_finish(fraction, ends, multiplier.astype(np.int64), shift.astype(np.int64), zero_point, limits) for fraction in fractions]
    return max(found, key=lambda finish: int(finish.right.reshape(-1, groups).all(axis=1).sum()))


def own_finishes(
    ends: tuple[Array, Array], multiplier: Array, shift: Array, zero_point: int, limits: tuple[int, int], fractions: tuple[int, ...]
) -> tuple[Finish, Array]:
    """A finish for each row with the first of ``fractions`` that is right for it, and those [n]; arguments as ``short_finish``."""
    found = [_finish(fraction, ends, multiplier.astype(np.int64), shift.astype(np.int64), zero_point, limits) for fraction in fractions]
    first = np.argmax([finish.right for finish in found], axis=0)[None]
    factor, start, step, right = (
        np.take_along_axis(np.stack(values), first, axis=0)[0]
        for values in zip(*((each.factor, each.start, each.step, each.right) for each in found), strict=True)
    )
    return Finish(0, factor, start, step, right), np.array(fractions)[first[0]]


def _finish(
    fraction: int,
    ends: tuple[Array, Array],
    multiplier: Array,
    shift: Array,
    zero_point: int,
    limits: tuple[int, int],
    rounds: bool = False,
) -> Finish:
    down = np.clip(-shift, -_MOST_LEFT, 62)
    more, less = np.maximum(fraction - 7 - down, 0), np.maximum(down + 7 - fraction, 0)
    nearest = ((multiplier << np.minimum(more, 31)) + (1 << less >> 1)) >> less
    small = np.maximum(fraction - down, 0)
    step = np.where((rounds | (small > 0)) & (down > 0), -(1 << small), 0)  # without a shift to the right there is but one rounding
    start = ((2 * zero_point + 1) << (fraction - 1)) - (0 if rounds else 1) * (step // 2)
    if limits[0] >= zero_point:
        step = np.zeros_like(step)  # no negative sum is seen
    factor, right = nearest, np.zeros(len(nearest), bool)
    for nudge in (0, 1, -1):  # what rounding the factor spoils is a sum or two
        near = np.clip(nearest + nudge, 1, (1 << 31) - 1)
        found = _equal(Finish(fraction, near, start, step, right), ends, multiplier[:, None], shift[:, None], zero_point, limits, rounds)
        factor, right = np.where(found & ~right, near, factor), right | found
    return Finish(fraction, np.clip(factor, 1, (1 << 31) - 1), start, step, right)


def _equal(
    of: Finish, ends: tuple[Array, Array], multiplier: Array, shift: Array, zero_point: int, limits: tuple[int, int], rounds: bool
) -> Array:
    """[n] bool: which rows' outputs are TFLM's, for every sum between the ends. rounds: the kernels round what the factor gives."""
    least, greatest = (end.astype(np.int64)[:, None] for end in ends)
    levels = np.arange(limits[0] + 1, limits[1] + 1)[None]
    first = np.minimum(  # the sum from which v reaches the level
        _reaches(levels, of.fraction, of.factor, of.start + of.step, -_LIMIT, 0, rounds),
        _reaches(levels, of.fraction, of.factor, of.start, 0, _LIMIT, rounds),
    )
    first = np.clip(first, least, greatest + 1)
    reached, before = (multiply_by_quantized_multiplier(total, multiplier, shift) + zero_point >= levels for total in (first, first - 1))
    starts = ((first > greatest) | reached) & ((first == least) | ~before)
    right: Array = starts.all(axis=1) & (least >= -_LIMIT)[:, 0] & (greatest < _LIMIT)[:, 0] & (shift <= _MOST_LEFT)[:, 0]
    return right


def _reaches(levels: Array, fraction: int, factor: Array, start: Array, least: int, greatest: int, rounds: bool) -> Array:
    """[n, levels]: the first sum in least .. greatest - 1 with v >= level << fraction; _LIMIT where there is none."""
    wanted = (((levels << fraction) - start[:, None]) << 24) - (1 << 23 if rounds else 0)
    first = np.maximum(-(-wanted // factor[:, None]), least)
    return np.where(first < greatest, first, _LIMIT)
