"""MUL on int8, int16, int32 and float32 (TFLM mul_common.cc)."""

from __future__ import annotations

import numpy as np

from tinylm.compiler.fixedpoint import multiply_by_quantized_multiplier
from tinylm.compiler.graph import DTYPES, Array, Operator
from tinylm.compiler.lowering import Lowering, Struct
from tinylm.compiler.ops import scalar
from tinylm.compiler.ops.base import Inputs, Spec, activation_range, elementwise_in_place, expect_quantized, given
from tinylm.compiler.ops.binary import check_binary, float_spec, int32_spec
from tinylm.compiler.ops.broadcast import loops
from tinylm.compiler.ops.quick import lower_mul
from tinylm.compiler.ops.scaling import SHORT, by_type, multiplier_of


def check(operator: Operator) -> None:
    a, b, y = operator.input(0), operator.input(1), operator.output
    check_binary(operator)
    expect_quantized(operator, a, b, y)
    if y.dtype == "int16" and (a.zero_point or b.zero_point or y.zero_point):
        raise operator.refuse("needs zero points of 0 for int16.")
    activation_range(operator, y)
    _multiplier(operator)


def _multiplier(operator: Operator) -> tuple[int, int]:
    return multiplier_of(operator, operator.input(0).scale * operator.input(1).scale / operator.output.scale)


def evaluate(operator: Operator, inputs: Inputs) -> list[Array]:
    y = operator.output
    return [_product(operator, given(inputs, 0), given(inputs, 1)).astype(DTYPES[y.dtype][1]).reshape(y.shape)]


def _product(operator: Operator, first: Array, second: Array) -> Array:
    a = first.astype(np.int64) - operator.input(0).zero_point
    b = second.astype(np.int64) - operator.input(1).zero_point
    product = multiply_by_quantized_multiplier(a * b, *_multiplier(operator)) + operator.output.zero_point
    return np.clip(product, *activation_range(operator, operator.output))


def lower(operator: Operator, to: Lowering) -> None:
    a, b, y = operator.input(0), operator.input(1), operator.output
    multiplier, shift = _multiplier(operator)
    low, high = activation_range(operator, y)
    if a.dtype == "int8" and (
        lower_mul(operator, to, multiplier, shift, low, high)
        or scalar.lower_product(operator, to, (multiplier, shift), _product, low, high)
    ):
        return
    params = Struct(
        "tl_mul",
        {
            "loops": loops(operator, a, b),
            "zero_point1": a.zero_point,
            "zero_point2": b.zero_point,
            "output_zero_point": y.zero_point,
            "multiplier": multiplier,
            "shift": shift,
            "low": low,
            "high": high,
        },
    )
    to.call(f"mul_{SHORT[a.dtype]}", operator, params, to.place(a), to.place(b), y)


_QUANTIZED = Spec("MUL", check, evaluate, lower, elementwise_in_place)
SPEC = by_type(
    "MUL",
    {
        "int8": _QUANTIZED,
        "int16": _QUANTIZED,
        "int32": int32_spec("MUL", "mul", np.multiply),
        "float32": float_spec("MUL", "mul", np.multiply),
    },
)
