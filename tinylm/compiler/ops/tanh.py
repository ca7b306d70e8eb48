"""TANH: on int8 fixed point with 4 integer bits, the output's scale taken as 1/128; on int16 by interpolation; on float32 as
glibc's tanhf (TFLM tanh.cc, integer_ops/tanh.h)."""

from __future__ import annotations

import numpy as np

from tinylm.compiler.fixedpoint import rounding_divide_by_pot
from tinylm.compiler.gemmlowp import tanh
from tinylm.compiler.graph import Array, Operator
from tinylm.compiler.hyperbolic import tanhf
from tinylm.compiler.ops.base import expect_quantized, expect_types
from tinylm.compiler.ops.floats import float_spec
from tinylm.compiler.ops.scaling import by_type, expect_same_size
from tinylm.compiler.ops.sigmoid16 import sigmoid_spec
from tinylm.compiler.ops.sigmoidal import beyond_radius, to_q4
from tinylm.compiler.ops.table import table_spec


def check(operator: Operator) -> None:
    x, y = operator.input(0), operator.output
    expect_types(operator, y, "int8")
    expect_same_size(operator)
    expect_quantized(operator, x, y)


def meaning(operator: Operator, x: Array) -> Array:
    y = rounding_divide_by_pot(tanh(to_q4(operator, x), 4), 24)
    return beyond_radius(operator, x, np.clip(y, -128, 127))


SPEC = by_type(
    "TANH",
    {
        "int8": table_spec("TANH", check, meaning),
        "int16": sigmoid_spec("TANH"),
        "float32": float_spec("TANH", "tanh", tanhf),
    },
)
