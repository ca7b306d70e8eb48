"""ABS on int8 (a table), int16 with or without quantisation, and float32 (TFLM elementwise.cc)."""

from __future__ import annotations

import numpy as np

from tinylm.compiler.graph import Array, Operator
from tinylm.compiler.lowering import Lowering, Struct
from tinylm.compiler.ops.base import Inputs, Spec, elementwise_in_place, expect_quantized, expect_same_type, given, type_range
from tinylm.compiler.ops.floats import float_spec
from tinylm.compiler.ops.scaling import by_type, expect_same_size, multiplier_of, requantized
from tinylm.compiler.ops.table import table_spec


def check(operator: Operator) -> None:
    x, y = operator.input(0), operator.output
    expect_same_type(operator, x, y)
    expect_same_size(operator)
    if x.dtype == "int8" or x.quantization is not None:
        expect_quantized(operator, x, y)
        if x.dtype == "int16" and (x.zero_point or y.zero_point):
            raise operator.refuse("needs zero points of 0 for int16.")
        _fields(operator)


def _fields(operator: Operator) -> dict[str, int]:
    """Fields of tl_requant, applied to |x - zero point|. Without quantisation, |-32768| stays -32768 as in C."""
    x, y = operator.input(0), operator.output
    low, high = type_range(y)
    if x.quantization is None:
        return {"zero_point": 0, "output_zero_point": 0, "multiplier": 1 << 30, "shift": 1, "low": low, "high": high + 1}
    multiplier, shift = 1 << 30, 1
    if x.scale != y.scale:
        multiplier, shift = multiplier_of(operator, x.scale / y.scale)
    return {
        "zero_point": 0,
        "output_zero_point": y.zero_point,
        "multiplier": multiplier,
        "shift": shift,
        "low": low,
        "high": high,
    }


def meaning(operator: Operator, x: Array) -> Array:
    return requantized(np.abs(x), _fields(operator))


def evaluate_int16(operator: Operator, inputs: Inputs) -> list[Array]:
    return [requantized(np.abs(given(inputs, 0).astype(np.int64)), _fields(operator)).astype(np.int16)]


def lower_int16(operator: Operator, to: Lowering) -> None:
    x, y = operator.input(0), operator.output
    to.call("abs_s16", operator, Struct("tl_requant", _fields(operator)), to.place(x), y, y.elements)


SPEC = by_type(
    "ABS",
    {
        "int8": table_spec("ABS", check, meaning),
        "int16": Spec("ABS", check, evaluate_int16, lower_int16, elementwise_in_place),
        "float32": float_spec("ABS", "abs", np.abs),
    },
)
