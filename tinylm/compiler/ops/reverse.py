"""REVERSE_V2 along constant axes that lie side by side (TFLM reverse.cc refuses others)."""

from __future__ import annotations

from tinylm.compiler.graph import Array, Operator
from tinylm.compiler.ops.base import expect_types
from tinylm.compiler.ops.moving import constant_ints, expect_rank, expect_shape, view_spec
from tinylm.compiler.ops.runs import axis_of


def _axes(operator: Operator) -> list[int]:
    return sorted(axis_of(operator, operator.input(0), axis) for axis in constant_ints(operator, 1))


def check(operator: Operator) -> None:
    x = operator.input(0)
    expect_types(operator, x, "int8", "uint8", "int16", "int32", "int64", "float32", "bool")
    expect_types(operator, operator.input(1), "int32")
    expect_rank(operator, x, 1)
    expect_rank(operator, operator.input(1), 1, 1)
    axes = _axes(operator)
    if not axes or axes != list(range(axes[0], axes[0] + len(axes))):
        raise operator.refuse(f"reverses axes {axes}; TFLM supports only axes side by side.")
    expect_shape(operator, operator.output, x.shape)


def view(operator: Operator, x: Array) -> Array:
    axes = _axes(operator)
    return x[tuple(slice(None, None, -1 if axis in axes else 1) for axis in range(x.ndim))]


SPEC = view_spec("REVERSE_V2", check, view)
