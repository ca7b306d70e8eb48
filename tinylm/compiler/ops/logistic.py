"""LOGISTIC on int8: fixed point with 4 integer bits (TFLM logistic_common.cc); the output is taken as 1/256 from -128."""

from __future__ import annotations

import numpy as np

from tinylm.compiler.fixedpoint import rounding_divide_by_pot
from tinylm.compiler.gemmlowp import logistic
from tinylm.compiler.graph import Array, Operator
from tinylm.compiler.ops.base import expect_quantized, expect_types
from tinylm.compiler.ops.sigmoidal import beyond_radius, to_q4
from tinylm.compiler.ops.table import table_spec


def check(operator: Operator) -> None:
    x, y = operator.input(0), operator.output
    expect_types(operator, x, "int8")
    expect_types(operator, y, "int8")
    expect_quantized(operator, x, y)
    if y.zero_point != -128:
        raise operator.refuse(f"needs an output zero point of -128, as TFLM does, not {y.zero_point}.")


def meaning(operator: Operator, x: Array) -> Array:
    y = rounding_divide_by_pot(logistic(to_q4(operator, x), 4), 23) - 128
    return beyond_radius(operator, x, np.clip(y, -128, 127))


SPEC = table_spec("LOGISTIC", check, meaning)
