"""SHAPE: known at build time, so folded to a constant unless it is an output of the model (TFLM shape.cc: int32 only)."""

from __future__ import annotations

import numpy as np

from tinylm.compiler.graph import Array, Operator
from tinylm.compiler.lowering import Lowering
from tinylm.compiler.ops.base import Inputs, Spec, expect_types
from tinylm.compiler.ops.moving import expect_rank, expect_shape


def check(operator: Operator) -> None:
    x, y = operator.input(0), operator.output
    expect_rank(operator, x, 1)
    expect_types(operator, y, "int32")
    expect_shape(operator, y, (len(x.shape),))


def evaluate(operator: Operator, inputs: Inputs) -> list[Array]:
    return [np.array(operator.input(0).shape, np.int32)]


def lower(operator: Operator, to: Lowering) -> None:
    y = operator.output
    to.call("copy_runs", operator, to.constant(f"shape_{operator.index}", evaluate(operator, [])[0]), 0, y, 0, y.bytes, 1)


SPEC = Spec("SHAPE", check, evaluate, lower, known=True)
