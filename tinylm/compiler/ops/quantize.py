"""QUANTIZE: float32 to int8 or int16, and from one integer quantisation to another (TFLM quantize_common.cc).

Floats beyond int32 saturate; TFLM leaves them to the machine.
"""

from __future__ import annotations

import numpy as np

from tinylm.compiler.graph import DTYPES, Array, Operator
from tinylm.compiler.lowering import Lowering, Struct
from tinylm.compiler.ops.base import Inputs, Spec, elementwise_in_place, expect_quantized, expect_types, given, type_range
from tinylm.compiler.ops.scaling import SHORT, expect_same_size, multiplier_of, requantized

#: input type -> output types
_PAIRS = {
    "float32": ("int8", "int16"),
    "int8": ("int8", "uint8", "int16", "int32"),
    "uint8": ("int8",),
    "int16": ("int8", "int16", "int32"),
    "int32": ("int8", "int16"),
}


def check(operator: Operator) -> None:
    x, y = operator.input(0), operator.output
    expect_types(operator, x, *_PAIRS)
    expect_types(operator, y, *_PAIRS[x.dtype])
    expect_same_size(operator)
    expect_quantized(operator, y)
    if x.dtype != "float32":
        expect_quantized(operator, x)
        _fields(operator)


def _fields(operator: Operator) -> dict[str, int]:
    x, y = operator.input(0), operator.output
    multiplier, shift = multiplier_of(operator, x.scale / y.scale)
    low, high = type_range(y)
    return {
        "zero_point": x.zero_point,
        "output_zero_point": y.zero_point,
        "multiplier": multiplier,
        "shift": shift,
        "low": low,
        "high": high,
    }


def _from_float(operator: Operator, x: Array) -> Array:
    y = operator.output
    scaled = (x / np.float32(y.scale)).astype(np.float64)
    rounded = np.clip(np.trunc(scaled + np.copysign(0.5, scaled)), -(2.0**31), 2.0**31)
    whole = np.where(np.isnan(rounded), -(2.0**31), rounded).astype(np.int64)
    return np.clip(whole + y.zero_point, *type_range(y))


def evaluate(operator: Operator, inputs: Inputs) -> list[Array]:
    x = given(inputs, 0)
    values = _from_float(operator, x) if x.dtype == np.float32 else requantized(x, _fields(operator))
    return [values.astype(DTYPES[operator.output.dtype][1])]


def lower(operator: Operator, to: Lowering) -> None:
    x, y = operator.input(0), operator.output
    if x.dtype == "float32":
        low, high = type_range(y)
        fields = {"scale": y.scale, "zero_point": y.zero_point, "low": low, "high": high}
        kernel = f"quantize_f32_{SHORT[y.dtype]}"
        to.call(kernel, operator, Struct("tl_quantize", fields), to.place(x), y, y.elements)
    elif x.bytes == x.elements and y.bytes == y.elements:
        values = np.arange(256, dtype=np.uint8).view(DTYPES[x.dtype][1])
        entries = requantized(values, _fields(operator)).astype(DTYPES[y.dtype][1])
        to.call("lookup_bytes", operator, to.constant(f"quantize_table_{operator.index}", entries), to.place(x), y, y.elements)
    else:
        kernel = f"requantize_{SHORT[x.dtype]}_{SHORT[y.dtype]}"
        to.call(kernel, operator, Struct("tl_requant", _fields(operator)), to.place(x), y, y.elements)


SPEC = Spec("QUANTIZE", check, evaluate, lower, elementwise_in_place)
