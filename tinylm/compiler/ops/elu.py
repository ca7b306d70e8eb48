"""ELU: x above zero, exp(x) - 1 below; int8 by TFLM's own table (elu.cc), float32 by glibc's expm1f."""

from __future__ import annotations

import numpy as np

from tinylm.compiler.graph import Array, Operator
from tinylm.compiler.hyperbolic import expm1f
from tinylm.compiler.libm import expf
from tinylm.compiler.ops.base import expect_quantized, expect_same_type
from tinylm.compiler.ops.floats import float_spec
from tinylm.compiler.ops.scaling import by_type, expect_same_size
from tinylm.compiler.ops.table import table_spec


def check_int8(operator: Operator) -> None:
    expect_same_type(operator, operator.input(0), operator.output)
    expect_same_size(operator)
    expect_quantized(operator, operator.input(0), operator.output)


def meaning(operator: Operator, x: Array) -> Array:
    """All in float32, rounded half away from zero."""
    y = operator.output
    real = np.float32(operator.input(0).scale) * x.astype(np.float32)
    curve = np.where(real < 0, expf(real) - np.float32(1), real)
    scaled = curve * (np.float32(1) / np.float32(y.scale))
    rounded = np.trunc(scaled.astype(np.float64) + np.copysign(0.5, scaled)).astype(np.float32)
    return np.clip((rounded + np.float32(y.zero_point)).astype(np.int64), -128, 127)


def _elu(x: Array) -> Array:
    return np.where(x < 0, expm1f(x), x)


SPEC = by_type("ELU", {"int8": table_spec("ELU", check_int8, meaning), "float32": float_spec("ELU", "elu", _elu)})
