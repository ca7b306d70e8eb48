"""DEQUANTIZE int8, uint8 or int16 to float32 (TFLM dequantize_common.cc).

TFLM multiplies in double and rounds once; a product of two floats of 24 bits rounds to the same.
"""

from __future__ import annotations

import numpy as np

from tinylm.compiler.graph import Array, Operator
from tinylm.compiler.lowering import Lowering, Struct
from tinylm.compiler.ops.base import Inputs, Spec, expect_quantized, expect_types, given
from tinylm.compiler.ops.scaling import SHORT, expect_same_size


def check(operator: Operator) -> None:
    x, y = operator.input(0), operator.output
    expect_types(operator, x, "int8", "uint8", "int16")
    expect_types(operator, y, "float32")
    expect_same_size(operator)
    expect_quantized(operator, x)


def evaluate(operator: Operator, inputs: Inputs) -> list[Array]:
    x = operator.input(0)
    whole = given(inputs, 0).astype(np.int32) - x.zero_point
    return [whole.astype(np.float32) * np.float32(x.scale)]


def lower(operator: Operator, to: Lowering) -> None:
    x, y = operator.input(0), operator.output
    fields = {"scale": x.scale, "zero_point": x.zero_point}
    to.call(f"dequantize_{SHORT[x.dtype]}_f32", operator, Struct("tl_dequantize", fields), to.place(x), y, y.elements)


SPEC = Spec("DEQUANTIZE", check, evaluate, lower)
