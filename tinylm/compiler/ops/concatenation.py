"""CONCATENATION along one axis; all inputs share the output's quantisation, as TFLM requires for int8."""

from __future__ import annotations

import numpy as np

from tinylm.compiler.graph import Array, Operator, Tensor
from tinylm.compiler.lowering import Lowering
from tinylm.compiler.ops.base import Inputs, Spec, expect_same_type, given
from tinylm.compiler.ops.runs import axis_of, run_bytes


def _inputs(operator: Operator) -> list[Tensor]:
    return [operator.input(i) for i in range(len(operator.inputs))]


def check(operator: Operator) -> None:
    y, inputs = operator.output, _inputs(operator)
    expect_same_type(operator, y, *inputs)
    if operator.options.get("fused_activation_function", 0) != 0:
        raise operator.refuse("has a fused activation, which is not supported.")
    axis = axis_of(operator, y, operator.options.get("axis", 0))
    for x in inputs:
        if len(x.shape) != len(y.shape) or any(a != b for i, (a, b) in enumerate(zip(x.shape, y.shape, strict=True)) if i != axis):
            raise operator.refuse(f"has shapes that do not fit: {x} into {y} along axis {axis}.")
        if y.dtype == "int8" and (x.scale, x.zero_point) != (y.scale, y.zero_point):
            raise operator.refuse(
                f"needs {x} quantised like {y}.", "Convert the model so that concatenated tensors share scale and zero point."
            )
    if sum(x.shape[axis] for x in inputs) != y.shape[axis]:
        raise operator.refuse(f"has inputs that do not fill {y} along axis {axis}.")


def evaluate(operator: Operator, inputs: Inputs) -> list[Array]:
    axis = axis_of(operator, operator.output, operator.options.get("axis", 0))
    return [np.concatenate([given(inputs, i) for i in range(len(inputs))], axis=axis)]


def lower(operator: Operator, to: Lowering) -> None:
    y = operator.output
    axis = axis_of(operator, y, operator.options.get("axis", 0))
    count = int(np.prod(y.shape[:axis], dtype=np.int64))
    step, offset = run_bytes(y, axis), 0
    for x in _inputs(operator):
        width = run_bytes(x, axis)
        to.call("copy_runs", operator, to.place(x), width, to.at(y, offset), step, width, count)
        offset += width


SPEC = Spec("CONCATENATION", check, evaluate, lower)
