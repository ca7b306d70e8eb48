"""SPLIT into equal parts: inputs are the axis (constant) and the tensor."""

from __future__ import annotations

import numpy as np

from tinylm.compiler.graph import Array, Operator
from tinylm.compiler.lowering import Lowering
from tinylm.compiler.ops.base import Inputs, Spec, expect_same_type, given
from tinylm.compiler.ops.runs import axis_of, run_bytes


def _axis(operator: Operator) -> int:
    values = operator.input(0).values()
    if values.size != 1:
        raise operator.refuse(f"needs one axis, not {operator.input(0)}.")
    return axis_of(operator, operator.input(1), int(values.reshape(-1)[0]))


def check(operator: Operator) -> None:
    x, axis = operator.input(1), _axis(operator)
    expect_same_type(operator, x, *operator.outputs)
    parts = len(operator.outputs)
    if parts == 0 or x.shape[axis] % parts or any(y.elements * parts != x.elements for y in operator.outputs):
        raise operator.refuse(f"cannot split {x} into {parts} equal parts along axis {axis}.")


def evaluate(operator: Operator, inputs: Inputs) -> list[Array]:
    return list(np.split(given(inputs, 1), len(operator.outputs), axis=_axis(operator)))


def lower(operator: Operator, to: Lowering) -> None:
    x, axis = operator.input(1), _axis(operator)
    count = int(np.prod(x.shape[:axis], dtype=np.int64))
    step, offset = run_bytes(x, axis), 0
    for y in operator.outputs:
        width = run_bytes(y, axis)
        to.call("copy_runs", operator, to.at(x, offset), step, y, width, width, count)
        offset += width


SPEC = Spec("SPLIT", check, evaluate, lower)
