"""HARD_SWISH: x * relu6(x + 3) / 6; on int8 in 16-bit fixed point (TFLM hard_swish_common.cc, hard_swish.h), on float32."""

from __future__ import annotations

import numpy as np

from tinylm.compiler.fixedpoint import quantize_multiplier, rounding_divide_by_pot
from tinylm.compiler.graph import Array, Operator
from tinylm.compiler.ops.base import expect_quantized, expect_same_type
from tinylm.compiler.ops.floats import float_spec
from tinylm.compiler.ops.scaling import by_type, expect_same_size
from tinylm.compiler.ops.table import table_spec

_LOW, _HIGH = -(1 << 15), (1 << 15) - 1


def _multipliers(operator: Operator) -> tuple[tuple[int, int], tuple[int, int]]:
    """(16-bit multiplier, shift) of the output and of the reluish factor."""
    fine = operator.input(0).scale / 128
    found = []
    for scale in (operator.output.scale, 3 / 32768):
        multiplier, shift = quantize_multiplier(fine / scale)
        found.append((min((multiplier + (1 << 15)) >> 16, _HIGH), shift))
    return found[0], found[1]


def check_int8(operator: Operator) -> None:
    expect_same_type(operator, operator.input(0), operator.output)
    expect_same_size(operator)
    expect_quantized(operator, operator.input(0), operator.output)
    (_, output_shift), (_, reluish_shift) = _multipliers(operator)
    if output_shift > 0:
        raise operator.refuse("has an output scale too small for its input.")
    if not -15 <= reluish_shift <= 16 or output_shift < -31:
        raise operator.refuse(f"has an input scale of {operator.input(0).scale:.6g}, which is out of range.")


def _saturate(x: Array) -> Array:
    clipped: Array = np.clip(x, _LOW, _HIGH)
    return clipped


def _high_mul(a: Array, b: int) -> Array:
    """a * b / 2^15 rounded half towards +inf, 16 bits."""
    high: Array = np.minimum((a * b + (1 << 14)) >> 15, _HIGH)
    return high


def meaning(operator: Operator, x: Array) -> Array:
    (output, output_shift), (factor, shift) = _multipliers(operator)
    fine = x * 128
    reluish = _saturate(fine * (1 << (shift - 1))) if shift > 0 else fine
    reluish = _high_mul(reluish, factor)
    if shift > 0:
        reluish = _saturate(reluish * 2)
    if shift < 0:
        reluish = rounding_divide_by_pot(reluish, -shift)
    reluish = (reluish + (1 << 15)) >> 1
    product = reluish * _high_mul(fine, output)
    product = np.where(product < 0, -(-product >> 15), product >> 15)
    y = rounding_divide_by_pot(product, -output_shift) + operator.output.zero_point
    clipped: Array = np.clip(y, -128, 127)
    return clipped


def in_float(x: Array) -> Array:
    return x * np.minimum(np.float32(6), np.maximum(np.float32(0), x + np.float32(3))) / np.float32(6)


SPEC = by_type(
    "HARD_SWISH", {"int8": table_spec("HARD_SWISH", check_int8, meaning), "float32": float_spec("HARD_SWISH", "hard_swish", in_float)}
)
