"""RESHAPE, SQUEEZE, EXPAND_DIMS: the same bytes under another shape."""

from __future__ import annotations

from tinylm.compiler.graph import Array, Operator
from tinylm.compiler.lowering import Lowering
from tinylm.compiler.ops.base import Inputs, Spec, expect_same_type, given


def check(operator: Operator) -> None:
    x, y = operator.input(0), operator.output
    expect_same_type(operator, x, y)
    if x.elements != y.elements:
        raise operator.refuse(f"changes the number of elements: {x} to {y}.")


def evaluate(operator: Operator, inputs: Inputs) -> list[Array]:
    return [given(inputs, 0).reshape(operator.output.shape)]


def lower(operator: Operator, to: Lowering) -> None:
    """Only where the planner could not let both share their storage."""
    x, y = operator.input(0), operator.output
    to.call("copy_runs", operator, to.place(x), 0, y, 0, x.bytes, 1)


RESHAPE, SQUEEZE, EXPAND_DIMS = (Spec(name, check, evaluate, lower, view=True) for name in ("RESHAPE", "SQUEEZE", "EXPAND_DIMS"))
