"""LOGISTIC: on int8 fixed point with 4 integer bits, the output taken as 1/256 from -128; on int16 by interpolation; on float32
(TFLM logistic_common.cc, integer_ops/logistic.h, logistic.h)."""

from __future__ import annotations

import numpy as np

from tinylm.compiler.fixedpoint import rounding_divide_by_pot
from tinylm.compiler.gemmlowp import logistic
from tinylm.compiler.graph import Array, Operator
from tinylm.compiler.libm import expf
from tinylm.compiler.ops.base import expect_quantized, expect_types
from tinylm.compiler.ops.floats import ONE, float_spec
from tinylm.compiler.ops.scaling import by_type, expect_same_size
from tinylm.compiler.ops.sigmoid16 import sigmoid_spec
from tinylm.compiler.ops.sigmoidal import beyond_radius, to_q4
from tinylm.compiler.ops.table import table_spec


def check(operator: Operator) -> None:
    x, y = operator.input(0), operator.output
    expect_types(operator, y, "int8")
    expect_same_size(operator)
    expect_quantized(operator, x, y)
    if y.zero_point != -128:
        raise operator.refuse(f"needs an output zero point of -128, as TFLM does, not {y.zero_point}.")


def meaning(operator: Operator, x: Array) -> Array:
    y = rounding_divide_by_pot(logistic(to_q4(operator, x), 4), 23) - 128
    return beyond_radius(operator, x, np.clip(y, -128, 127))


def in_float(x: Array) -> Array:
    """Beyond the limits float32 has no more of the other term."""
    return np.where(x > np.float32(16.619047164916992), ONE, np.where(x < -9, expf(x), ONE / (ONE + expf(-x))))


SPEC = by_type(
    "LOGISTIC",
    {
        "int8": table_spec("LOGISTIC", check, meaning),
        "int16": sigmoid_spec("LOGISTIC"),
        "float32": float_spec("LOGISTIC", "logistic", in_float),
    },
)
