"""DIV: int8 by a reciprocal in fixed point, int32 cut off towards 0, float32 (TFLM div.cc, div.h).

By 0 integers give 0 on int32, the end of the range on int8; TFLM stops or leaves it to the machine. So it does where an int8
quotient is so small that it would be shifted by more than 31 bits; here that is 0.
"""

from __future__ import annotations

import math

import numpy as np

from tinylm.compiler.fixedpoint import quantize_multiplier, rounding_divide_by_pot
from tinylm.compiler.fixedpoint import saturating_rounding_doubling_high_mul as mul
from tinylm.compiler.gemmlowp import reciprocal_of_one_plus
from tinylm.compiler.graph import Array, Operator
from tinylm.compiler.lowering import Field, Lowering
from tinylm.compiler.ops.base import Inputs, Spec, activation_range, elementwise_in_place, expect_quantized
from tinylm.compiler.ops.binary import call_binary, check_binary, float_spec, int32_spec, on_both
from tinylm.compiler.ops.scaling import by_type


def inverses() -> Array:
    """[255] int32: the reciprocals of 1 to 255, scaled to [2^30, 2^31) (TFLM's GetReciprocal)."""
    b = np.arange(1, 256, dtype=np.int64)
    bits = np.floor(np.log2(b)).astype(np.int64)
    return reciprocal_of_one_plus((b << (31 - bits)) - (1 << 31)).astype(np.int32)


def _multiplier(operator: Operator) -> tuple[int, int]:
    scale = operator.input(1).scale * operator.output.scale
    real = operator.input(0).scale / scale if scale else math.inf
    multiplier, shift = quantize_multiplier(real) if np.isfinite(real) else (0, 99)
    if not -24 <= shift <= 22:
        raise operator.refuse(f"has scales too far apart (their ratio is {real:.6g}).")
    return multiplier, shift


def check(operator: Operator) -> None:
    check_binary(operator)
    expect_quantized(operator, operator.input(0), operator.input(1), operator.output)
    activation_range(operator, operator.output)
    _multiplier(operator)


def _quotient(operator: Operator, a: Array, b: Array) -> Array:
    multiplier, shift = _multiplier(operator)
    y = operator.output
    low, high = activation_range(operator, y)
    a, b = np.broadcast_arrays(a.astype(np.int64) - operator.input(0).zero_point, b.astype(np.int64) - operator.input(1).zero_point)
    a, b = np.where(b < 0, -a, a), np.abs(b)
    size = np.where(a < 0, -a - 1, a)
    room = 31 - np.where(size > 0, np.floor(np.log2(np.maximum(size, 1))).astype(np.int64) + 1, 0)
    over = np.floor(np.log2(np.maximum(b, 1))).astype(np.int64)
    unscaled = mul(mul(a << room, inverses()[np.maximum(b, 1) - 1]), multiplier)
    down = room + over - shift
    found = np.where(down > 31, 0, rounding_divide_by_pot(unscaled, np.clip(down, 0, 31))) + y.zero_point
    ends = np.where(a < 0, low, np.where(a > 0, high, y.zero_point))
    return np.clip(np.where((b == 0) | (a == 0), ends, found), low, high).astype(np.int8)


def evaluate(operator: Operator, inputs: Inputs) -> list[Array]:
    return [on_both(operator, inputs, lambda a, b: _quotient(operator, a, b))]


def lower(operator: Operator, to: Lowering) -> None:
    multiplier, shift = _multiplier(operator)
    low, high = activation_range(operator, operator.output)
    fields: dict[str, Field] = {
        "zero_point1": operator.input(0).zero_point,
        "zero_point2": operator.input(1).zero_point,
        "output_zero_point": operator.output.zero_point,
        "multiplier": multiplier,
        "shift": shift,
        "low": low,
        "high": high,
        "inverse": to.constant("inverses", inverses()),
    }
    call_binary(operator, to, "div_s8", "tl_div", fields)


def _cut(a: Array, b: Array) -> Array:
    quotient = np.abs(a) // np.maximum(np.abs(b), 1)
    return np.where(b == 0, 0, np.where((a < 0) != (b < 0), -quotient, quotient))


SPEC = by_type(
    "DIV",
    {
        "int8": Spec("DIV", check, evaluate, lower, elementwise_in_place),
        "int32": int32_spec("DIV", "div", _cut),
        "float32": float_spec("DIV", "div", np.divide),
    },
)
