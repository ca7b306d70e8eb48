"""Fixed-point arithmetic as TFLM does it: rounded twice, in int32 with wrap-around (gemmlowp's fixedpoint.h, TFLM's common.cc)."""

from __future__ import annotations

import math

import numpy as np

from tinylm.compiler.graph import Array

_INT32_MAX = (1 << 31) - 1


def wrap32(x: Array) -> Array:
    """int64 values reduced modulo 2^32 to the int32 range, as C arithmetic does on every core."""
    return ((x + (1 << 31)) & 0xFFFFFFFF) - (1 << 31)


def c_round(x: float) -> int:
    """Round half away from zero (C's round)."""
    return math.floor(abs(x) + 0.5) * (1 if x >= 0 else -1)


def quantize_multiplier(real: float) -> tuple[int, int]:
    """(multiplier in [2^30, 2^31), shift) with real ~ multiplier * 2^(shift - 31). 0 for |real| below 2^-32."""
    if real == 0.0:
        return 0, 0
    fraction, shift = math.frexp(real)
    multiplier = c_round(fraction * (1 << 31))
    if multiplier == 1 << 31:
        multiplier, shift = multiplier // 2, shift + 1
    return (0, 0) if shift < -31 else (multiplier, shift)


def saturating_rounding_doubling_high_mul(a: Array, b: Array | int) -> Array:
    """a * b / 2^31 rounded half towards +inf; int64 holding int32 values.

    gemmlowp adds a signed nudge and divides truncating; floor((ab + 2^30) / 2^31) is the same number for both signs.
    """
    product = np.asarray(a, np.int64) * np.asarray(b, np.int64)
    high: Array = np.minimum((product + (1 << 30)) >> 31, _INT32_MAX)
    return high


def rounding_divide_by_pot(x: Array, exponent: Array | int) -> Array:
    """x / 2^exponent, rounded half away from zero."""
    exponent = np.asarray(exponent, np.int64)
    mask = (np.int64(1) << exponent) - 1
    remainder = x & mask
    threshold = (mask >> 1) + (x < 0)
    rounded: Array = (x >> exponent) + (remainder > threshold)
    return rounded


def multiply_by_quantized_multiplier(x: Array, multiplier: Array | int, shift: Array | int) -> Array:
    """x * multiplier * 2^(shift - 31) rounded twice; shift > 0 multiplies first, wrapping as int32."""
    shift = np.asarray(shift, np.int64)
    shifted = wrap32(np.asarray(x, np.int64) << np.maximum(shift, 0))
    return rounding_divide_by_pot(saturating_rounding_doubling_high_mul(shifted, multiplier), np.maximum(-shift, 0))
