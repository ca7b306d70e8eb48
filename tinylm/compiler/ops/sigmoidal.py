"""What LOGISTIC and TANH on int8 share: the input in Q4.27, and saturation beyond the radius that Q4.27 can hold."""

from __future__ import annotations

import math

import numpy as np

from tinylm.compiler.fixedpoint import c_round, multiply_by_quantized_multiplier
from tinylm.compiler.graph import Array, Operator

_INTEGER_BITS = 4


def _input_multiplier(operator: Operator) -> tuple[int, int]:
    fraction, shift = math.frexp(operator.input(0).scale * (1 << (31 - _INTEGER_BITS)))
    return c_round(fraction * (1 << 31)), shift


def _radius(operator: Operator) -> int:
    """The largest input magnitude that Q4.27 holds (CalculateInputRadius)."""
    _, shift = _input_multiplier(operator)
    return math.floor(((1 << _INTEGER_BITS) - 1) * 2.0 ** (31 - _INTEGER_BITS) / 2.0**shift)


def to_q4(operator: Operator, x: Array) -> Array:
    """x less its zero point, in Q4.27; what lies beyond the radius is clipped to it (the caller replaces those)."""
    radius = max(_radius(operator) - 1, 0)
    return multiply_by_quantized_multiplier(np.clip(x, -radius, radius), *_input_multiplier(operator))


def beyond_radius(operator: Operator, x: Array, y: Array) -> Array:
    """y, with -128 and 127 where x lies at or beyond the radius."""
    radius = _radius(operator)
    return np.where(x <= -radius, -128, np.where(x >= radius, 127, y))
