"""Short arithmetic for int8 ADD, SUB and MUL, each proved equal to the long one over all 65,536 pairs of inputs when it is built."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from tinylm.compiler.fixedpoint import wrap32
from tinylm.compiler.graph import Array

_VALUES = np.arange(-128, 128, dtype=np.int64)
_LEAST_SHIFT = 12
_GROWN = (0.0, 2.0**-20, -(2.0**-20), 2.0**-19, 2.0**-18)


def all_pairs() -> tuple[Array, Array]:
    """Every pair of int8 values: two [256, 256] int64 arrays."""
    a, b = np.meshgrid(_VALUES, _VALUES, indexing="ij")
    return a, b


@dataclass(frozen=True)
class Linear:
    """clamp((a * by1 + b * by2 + start) >> shift)."""

    by1: int
    by2: int
    start: int
    shift: int

    def __call__(self, a: Array, b: Array) -> Array:
        """Before clamping, modulo 2^32 at every step."""
        return wrap32(a * self.by1 + b * self.by2 + self.start) >> self.shift


def linear(real1: float, real2: float, zero_point: int, zeros: tuple[int, int], right: Array, low: int, high: int) -> Linear | None:
    """The sum (a - zero1) * real1 + (b - zero2) * real2 + zero_point, rounded, as Linear: one that gives right[a + 128, b + 128] for
    all pairs, or None.

    Factors a little too large round ties away from zero, as right does; other small errors mend what two roundings do.
    """
    a, b = all_pairs()
    ends = [(x - zeros[0]) * real1 + (y - zeros[1]) * real2 + zero_point for x in (-128, 127) for y in (-128, 127)]
    shift = min(24, int(np.floor(31 - np.log2(max(map(abs, ends)) + 2))))
    if shift < _LEAST_SHIFT:
        return None
    unit = 1 << shift
    for grown, more1, more2, nudge in itertools.product(_GROWN, (0, 1, -1), (0, 1, -1), (0, -64, 64)):
        by1, by2 = round(real1 * unit * (1 + grown)) + more1, round(real2 * unit * (1 + grown)) + more2
        start = (zero_point << shift) + unit // 2 - zeros[0] * by1 - zeros[1] * by2 + nudge
        found = Linear(by1, by2, start, shift)
        if np.array_equal(np.clip(found(a, b), low, high), right):
            return found
    return None


@dataclass(frozen=True)
class Product:
    """p = (a - zero1) * (b - zero2); scaled = (p * upper + (p * lower >> 15) + 2^14) >> 15; then, rounded half away from zero,
    clamp((scaled + start - (scaled < 0)) >> shift)."""

    zero1: int
    zero2: int
    upper: int
    lower: int
    start: int
    shift: int

    def __call__(self, a: Array, b: Array) -> Array:
        """Before clamping, modulo 2^32 at every step."""
        p = (a - self.zero1) * (b - self.zero2)
        scaled = wrap32(wrap32(p * self.upper) + (wrap32(p * self.lower) >> 15) + (1 << 14)) >> 15
        return wrap32(scaled + (scaled >> 31) + self.start) >> self.shift


def product(zeros: tuple[int, int], multiplier: int, shift: int, zero_point: int, right: Array, low: int, high: int) -> Product | None:
    """The product as Product, from its (TFLite) multiplier and shift: one that gives right[a + 128, b + 128] for all pairs, or None."""
    down = -shift
    if not 1 <= down <= 21:
        return None
    a, b = all_pairs()
    for thirty in (multiplier >> 1, (multiplier + 1) >> 1):
        start = (1 << (down - 1)) + (zero_point << down)
        found = Product(*zeros, thirty >> 15, thirty & 0x7FFF, start, down)
        if np.array_equal(np.clip(found(a, b), low, high), right):
            return found
    return None
