"""TRANSPOSE by a constant permutation (TFLM transpose_common.cc: up to 5 dimensions, no int32)."""

from __future__ import annotations

from tinylm.compiler.graph import Array, Operator
from tinylm.compiler.ops.base import expect_types
from tinylm.compiler.ops.moving import constant_ints, expect_rank, expect_shape, view_spec


def check(operator: Operator) -> None:
    x, y = operator.input(0), operator.output
    expect_types(operator, x, "int8", "int16", "float32")
    expect_rank(operator, x, 1, 5)
    order = constant_ints(operator, 1)
    if sorted(order) != list(range(len(x.shape))):
        raise operator.refuse(f"has {order} for a permutation of {x}.")
    expect_shape(operator, y, tuple(x.shape[axis] for axis in order))


def view(operator: Operator, x: Array) -> Array:
    return x.transpose(constant_ints(operator, 1))


SPEC = view_spec("TRANSPOSE", check, view)
