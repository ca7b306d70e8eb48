"""ARG_MAX and ARG_MIN along a constant axis; the first of equals (TFLM arg_min_max.cc: int8 or float32 to int32)."""

from __future__ import annotations

import numpy as np

from tinylm.compiler.graph import Array, Operator
from tinylm.compiler.lowering import Lowering, Struct
from tinylm.compiler.ops.base import Inputs, Spec, expect_types, given
from tinylm.compiler.ops.moving import constant_ints, expect_filled, expect_shape
from tinylm.compiler.ops.runs import axis_of
from tinylm.compiler.ops.scaling import SHORT


def _axis(operator: Operator) -> int:
    values = constant_ints(operator, 1)
    if len(values) != 1:
        raise operator.refuse(f"needs one axis, not {operator.input(1)}.")
    return axis_of(operator, operator.input(0), values[0])


def check(operator: Operator) -> None:
    x, y = operator.input(0), operator.output
    expect_types(operator, x, "int8", "float32")
    expect_types(operator, operator.input(1), "int32")
    expect_types(operator, y, "int32")
    expect_filled(operator, x)
    axis = _axis(operator)
    expect_shape(operator, y, x.shape[:axis] + x.shape[axis + 1 :])


def evaluate(operator: Operator, inputs: Inputs) -> list[Array]:
    """Step by step rather than np.argmax, which takes a NaN for the largest."""
    x = np.moveaxis(given(inputs, 0), _axis(operator), 0)
    best, index = x[0], np.zeros(x.shape[1:], np.int32)
    for i in range(1, x.shape[0]):
        better = x[i] < best if operator.name == "ARG_MIN" else x[i] > best
        best, index = np.where(better, x[i], best), np.where(better, np.int32(i), index)
    return [index.astype(np.int32)]


def lower(operator: Operator, to: Lowering) -> None:
    x, axis = operator.input(0), _axis(operator)
    fields = {
        "outer": int(np.prod(x.shape[:axis], dtype=np.int64)),
        "axis": x.shape[axis],
        "inner": int(np.prod(x.shape[axis + 1 :], dtype=np.int64)),
        "smallest": int(operator.name == "ARG_MIN"),
    }
    to.call(f"arg_{SHORT[x.dtype]}", operator, Struct("tl_arg", fields), to.place(x), operator.output)


ARG_MAX, ARG_MIN = (Spec(name, check, evaluate, lower) for name in ("ARG_MAX", "ARG_MIN"))
