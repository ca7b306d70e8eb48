"""SQUARED_DIFFERENCE on int8, int16, int32 and float32 (TFLM squared_difference.cc; no activation)."""

from __future__ import annotations

import numpy as np

from tinylm.compiler.fixedpoint import multiply_by_quantized_multiplier
from tinylm.compiler.graph import DTYPES, Array, Operator
from tinylm.compiler.lowering import Field, Lowering
from tinylm.compiler.ops.base import Inputs, Spec, elementwise_in_place, expect_quantized, given, type_range
from tinylm.compiler.ops.binary import call_binary, check_binary, plain_spec
from tinylm.compiler.ops.scaling import SHORT, by_type, multiplier_of


def check(operator: Operator) -> None:
    a, b, y = operator.input(0), operator.input(1), operator.output
    check_binary(operator)
    expect_quantized(operator, a, b, y)
    if y.dtype == "int16" and (a.zero_point or b.zero_point or y.zero_point):
        raise operator.refuse("needs zero points of 0 for int16.")
    _fields(operator)


def _fields(operator: Operator) -> dict[str, Field]:
    """Fields of tl_add. The output's factor is a float32 times a power of two, as TFLM's."""
    a, b, y = operator.input(0), operator.input(1), operator.output
    left = 7 if y.dtype == "int8" else 0
    twice = 2 * max(a.scale, b.scale)
    m1, s1 = multiplier_of(operator, a.scale / twice, below_one=True)
    m2, s2 = multiplier_of(operator, b.scale / twice, below_one=True)
    mo, so = multiplier_of(operator, twice * twice / ((1 << 2 * left) * y.scale))
    low, high = type_range(y)
    return {
        "zero_point1": a.zero_point,
        "zero_point2": b.zero_point,
        "output_zero_point": y.zero_point,
        "multiplier1": m1,
        "multiplier2": m2,
        "output_multiplier": mo,
        "shift1": s1,
        "shift2": s2,
        "output_shift": so,
        "left_shift": left,
        "sign": -1,
        "low": low,
        "high": high,
    }


def evaluate(operator: Operator, inputs: Inputs) -> list[Array]:
    f = {key: int(value) for key, value in _fields(operator).items() if isinstance(value, int)}
    a = (given(inputs, 0).astype(np.int64) - f["zero_point1"]) << f["left_shift"]
    b = (given(inputs, 1).astype(np.int64) - f["zero_point2"]) << f["left_shift"]
    a = multiply_by_quantized_multiplier(a, f["multiplier1"], f["shift1"])
    b = multiply_by_quantized_multiplier(b, f["multiplier2"], f["shift2"])
    square = multiply_by_quantized_multiplier((a - b) ** 2, f["output_multiplier"], f["output_shift"]) + f["output_zero_point"]
    return [np.clip(square, f["low"], f["high"]).astype(DTYPES[operator.output.dtype][1]).reshape(operator.output.shape)]


def lower(operator: Operator, to: Lowering) -> None:
    call_binary(operator, to, f"squared_difference_{SHORT[operator.output.dtype]}", "tl_add", _fields(operator))


def _squared(a: Array, b: Array) -> Array:
    difference: Array = a - b
    return difference * difference


_QUANTIZED = Spec("SQUARED_DIFFERENCE", check, evaluate, lower, elementwise_in_place)
SPEC = by_type(
    "SQUARED_DIFFERENCE",
    {
        "int8": _QUANTIZED,
        "int16": _QUANTIZED,
        "int32": plain_spec("SQUARED_DIFFERENCE", "squared_difference_s32", _squared),
        "float32": plain_spec("SQUARED_DIFFERENCE", "squared_difference_f32", _squared),
    },
)
