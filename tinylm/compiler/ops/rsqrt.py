"""RSQRT: 1 / sqrt(x) on float32, and on int8 by Newton's method in fixed point (TFLM elementwise.cc, GetInvSqrtQuantizedMultiplierExp).

TFLM fails on int8 values below the zero point; here they give the largest value, as 0 does.
"""

from __future__ import annotations

import math

import numpy as np

from tinylm.compiler.fixedpoint import multiply_by_quantized_multiplier, rounding_divide_by_pot
from tinylm.compiler.fixedpoint import saturating_rounding_doubling_high_mul as mul
from tinylm.compiler.graph import Array, Operator
from tinylm.compiler.ops.base import expect_quantized, expect_same_type
from tinylm.compiler.ops.floats import ONE, float_spec
from tinylm.compiler.ops.scaling import by_type, expect_same_size, multiplier_of
from tinylm.compiler.ops.table import table_spec

_SHIFT = 20
_LIMIT = (1 << 31) - 1


def check_int8(operator: Operator) -> None:
    expect_same_type(operator, operator.input(0), operator.output)
    expect_same_size(operator)
    expect_quantized(operator, operator.input(0), operator.output)
    _, shift = _multiplier(operator)
    if shift - _SHIFT < -31:
        raise operator.refuse("has an output scale too large for its input.")


def _multiplier(operator: Operator) -> tuple[int, int]:
    return multiplier_of(operator, 1 / (math.sqrt(operator.input(0).scale) * operator.output.scale))


def _raised(x: int, bits: int) -> int:
    """x * 2^bits, saturated to 32 bits."""
    return min(max(x << bits, -_LIMIT - 1), _LIMIT)


def inverse_root(x: int) -> tuple[int, int]:
    """(multiplier, left shift) with 1 / sqrt(x) ~ multiplier * 2^(shift - 31), x >= 1: five steps in Q3.28."""
    if x <= 1:
        return _LIMIT, 0
    shift = 11
    while x >= 1 << 29:
        x, shift = x // 4, shift + 1
    pairs = (31 - x.bit_length()) // 2 - 1
    shift, x = shift - pairs, x << 2 * pairs
    value = x >> 1
    half, three_halves, y = int(rounding_divide_by_pot(np.array(value), 1)), (1 << 28) + (1 << 27), 1 << 28
    for _ in range(5):
        cube = _raised(_product(_product(y, y), y), 6)
        y = _raised(_product(three_halves, y) - _product(half, cube), 3)
    y = _product(y, 1518500250)
    if shift < 0:
        y, shift = y << -shift, 0
    return y, -shift


def _product(a: int, b: int) -> int:
    return int(mul(np.array(a), b))


def meaning(operator: Operator, x: Array) -> Array:
    multiplier, shift = _multiplier(operator)
    y = np.full(x.shape, 127, np.int64)
    for i, value in enumerate(x.reshape(-1).tolist()):
        if value > 0:
            root, left = inverse_root(value)
            data = multiply_by_quantized_multiplier(np.array(1), root, left + _SHIFT)
            scaled = multiply_by_quantized_multiplier(data, multiplier, shift - _SHIFT)
            y[i] = min(max(int(scaled) + operator.output.zero_point, -128), 127)
    return y


SPEC = by_type(
    "RSQRT", {"int8": table_spec("RSQRT", check_int8, meaning), "float32": float_spec("RSQRT", "rsqrt", lambda x: ONE / np.sqrt(x))}
)
