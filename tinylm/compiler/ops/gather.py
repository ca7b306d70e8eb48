"""GATHER: rows of a table by int32 index (TFLM gather.cc: int8 or float32 table, no batch dimensions here)."""

from __future__ import annotations

import numpy as np

from tinylm.compiler.graph import Array, Operator
from tinylm.compiler.lowering import Lowering, Struct
from tinylm.compiler.ops.base import Inputs, Spec, expect_same_type, expect_types, given


def _axis(operator: Operator) -> int:
    axis, rank = int(operator.options.get("axis", 0)), len(operator.input(0).shape)
    return axis + rank if axis < 0 else axis


def check(operator: Operator) -> None:
    x, index, y = operator.input(0), operator.input(1), operator.output
    expect_types(operator, x, "int8", "float32")
    expect_types(operator, index, "int32")
    expect_same_type(operator, x, y)
    axis = _axis(operator)
    if operator.options.get("batch_dims", 0) != 0:
        raise operator.refuse("has batch dimensions, which are not supported.")
    if not 0 <= axis < len(x.shape) or x.shape[axis] == 0:
        raise operator.refuse(f"gathers along axis {axis} of {x}.")
    if y.elements != x.elements // x.shape[axis] * index.elements:
        raise operator.refuse(f"has shapes that do not fit: {x} by {index} to {y}.")


def evaluate(operator: Operator, inputs: Inputs) -> list[Array]:
    """Indices outside the table are clamped, as on the device; TFLM reads whatever lies there."""
    axis = _axis(operator)
    x = given(inputs, 0)
    index = np.clip(given(inputs, 1), 0, x.shape[axis] - 1)
    return [np.take(x, index, axis=axis).reshape(operator.output.shape)]


def lower(operator: Operator, to: Lowering) -> None:
    x, index, y = operator.input(0), operator.input(1), operator.output
    axis = _axis(operator)
    inner = int(np.prod(x.shape[axis + 1 :], dtype=np.int64)) * (x.bytes // x.elements)
    fields = {"outer": int(np.prod(x.shape[:axis], dtype=np.int64)), "rows": x.shape[axis], "inner": inner, "indices": index.elements}
    to.call("gather_rows", operator, Struct("tl_gather", fields), to.place(x), to.place(index), y)


SPEC = Spec("GATHER", check, evaluate, lower)
