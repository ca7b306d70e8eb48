"""BROADCAST_TO a constant shape (TFLM broadcast_to.cc: up to 5 dimensions, any type)."""

from __future__ import annotations

import numpy as np

from tinylm.compiler.graph import Array, Operator
from tinylm.compiler.ops.base import expect_types
from tinylm.compiler.ops.moving import constant_ints, expect_rank, expect_shape, view_spec


def check(operator: Operator) -> None:
    x, y = operator.input(0), operator.output
    expect_types(operator, x, "int8", "uint8", "int16", "int32", "int64", "float32", "bool")
    expect_rank(operator, y, 1, 5)
    expect_rank(operator, operator.input(1), 1, 1)
    expect_shape(operator, y, tuple(constant_ints(operator, 1)))
    padded = (1,) * (len(y.shape) - len(x.shape)) + x.shape
    if len(padded) != len(y.shape) or any(have not in (1, wanted) for have, wanted in zip(padded, y.shape, strict=True)):
        raise operator.refuse(f"cannot broadcast {x} to {list(y.shape)}.")


def view(operator: Operator, x: Array) -> Array:
    return np.broadcast_to(x, operator.output.shape)


SPEC = view_spec("BROADCAST_TO", check, view)
