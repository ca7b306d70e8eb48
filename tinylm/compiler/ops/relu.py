"""RELU, which also rescales, and RELU6, which does not (TFLM activations_common.cc), on int8, int16 and float32."""

from __future__ import annotations

import numpy as np

from tinylm.compiler.fixedpoint import c_round
from tinylm.compiler.graph import Array, Operator
from tinylm.compiler.lowering import Lowering, Struct
from tinylm.compiler.ops.base import Inputs, Spec, elementwise_in_place, expect_quantized, expect_same_type, expect_types, given, type_range
from tinylm.compiler.ops.scaling import by_type, expect_same_size, multiplier_of, requantized
from tinylm.compiler.ops.table import table_spec


def check_quantized(operator: Operator) -> None:
    x, y = operator.input(0), operator.output
    expect_same_type(operator, x, y)
    expect_same_size(operator)
    expect_quantized(operator, x, y)
    if x.dtype == "int16" and (x.zero_point or y.zero_point):
        raise operator.refuse("needs zero points of 0 for int16.")
    _fields(operator)


def _fields(operator: Operator) -> dict[str, int]:
    """Fields of tl_requant. RELU6 works in the input's quantisation, whatever the output's."""
    x, y = operator.input(0), operator.output
    low, high = type_range(x)
    if operator.name == "RELU6":
        six = c_round(float(np.float32(6) / np.float32(x.scale))) + x.zero_point
        limits = {"low": x.zero_point, "high": min(max(six, low), high)}
        return {"zero_point": 0, "output_zero_point": 0, "multiplier": 1 << 30, "shift": 1, **limits}
    multiplier, shift = multiplier_of(operator, x.scale / y.scale)
    limits = {"low": max(low, y.zero_point), "high": high}
    return {"zero_point": x.zero_point, "output_zero_point": y.zero_point, "multiplier": multiplier, "shift": shift, **limits}


def meaning(operator: Operator, x: Array) -> Array:
    return requantized(x + operator.input(0).zero_point, _fields(operator))


def evaluate_int16(operator: Operator, inputs: Inputs) -> list[Array]:
    return [requantized(given(inputs, 0), _fields(operator)).astype(np.int16)]


def lower_int16(operator: Operator, to: Lowering) -> None:
    x, y = operator.input(0), operator.output
    to.call("requantize_s16_s16", operator, Struct("tl_requant", _fields(operator)), to.place(x), y, y.elements)


def check_float(operator: Operator) -> None:
    expect_types(operator, operator.output, "float32")
    expect_same_size(operator)


def _top(operator: Operator) -> float:
    return 6.0 if operator.name == "RELU6" else float("inf")


def evaluate_float(operator: Operator, inputs: Inputs) -> list[Array]:
    x, top = given(inputs, 0), np.float32(_top(operator))
    return [np.where(x > top, top, np.where(x < 0, np.float32(0), x))]


def lower_float(operator: Operator, to: Lowering) -> None:
    y = operator.output
    to.call("clamp_f32", operator, to.place(operator.input(0)), y, y.elements, 0.0, _top(operator))


def _spec(name: str) -> Spec:
    return by_type(
        name,
        {
            "int8": table_spec(name, check_quantized, meaning),
            "int16": Spec(name, check_quantized, evaluate_int16, lower_int16, elementwise_in_place),
            "float32": Spec(name, check_float, evaluate_float, lower_float, elementwise_in_place),
        },
    )


RELU, RELU6 = _spec("RELU"), _spec("RELU6")
