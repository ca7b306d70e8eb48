"""SPLIT_V into parts of given sizes; TFLM goes by the outputs' shapes (split_v.cc). Inputs: tensor, sizes, axis (constant)."""

from __future__ import annotations

import numpy as np

from tinylm.compiler.graph import Array, Operator
from tinylm.compiler.lowering import Lowering
from tinylm.compiler.ops.base import Inputs, Spec, expect_same_type, expect_types, given
from tinylm.compiler.ops.moving import constant_ints, expect_filled
from tinylm.compiler.ops.runs import axis_of, run_bytes


def _axis(operator: Operator) -> int:
    values = constant_ints(operator, 2)
    if len(values) != 1:
        raise operator.refuse(f"needs one axis, not {operator.input(2)}.")
    return axis_of(operator, operator.input(0), values[0])


def check(operator: Operator) -> None:
    x, axis = operator.input(0), _axis(operator)
    expect_types(operator, x, "int8", "int16", "int32", "float32")
    expect_types(operator, operator.input(2), "int32")
    expect_same_type(operator, x, *operator.outputs)
    expect_filled(operator, x, *operator.outputs)
    for y in operator.outputs:
        if len(y.shape) != len(x.shape) or any(a != b for i, (a, b) in enumerate(zip(x.shape, y.shape, strict=True)) if i != axis):
            raise operator.refuse(f"has shapes that do not fit: {y} out of {x} along axis {axis}.")
    if sum(y.shape[axis] for y in operator.outputs) != x.shape[axis]:
        raise operator.refuse(f"has outputs that do not add up to {x} along axis {axis}.")


def evaluate(operator: Operator, inputs: Inputs) -> list[Array]:
    axis = _axis(operator)
    ends = np.cumsum([y.shape[axis] for y in operator.outputs])[:-1]
    return [np.ascontiguousarray(part) for part in np.split(given(inputs, 0), ends, axis=axis)]


def lower(operator: Operator, to: Lowering) -> None:
    x, axis = operator.input(0), _axis(operator)
    count = int(np.prod(x.shape[:axis], dtype=np.int64))
    step, offset = run_bytes(x, axis), 0
    for y in operator.outputs:
        width = run_bytes(y, axis)
        to.call("copy_runs", operator, to.at(x, offset), step, y, width, width, count)
        offset += width


SPEC = Spec("SPLIT_V", check, evaluate, lower)
