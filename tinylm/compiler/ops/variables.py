"""VAR_HANDLE, READ_VARIABLE, ASSIGN_VARIABLE, CALL_ONCE: the pass ``variables`` takes them out of the graph before anything is lowered.

Where it leaves a READ_VARIABLE or an ASSIGN_VARIABLE, that has one input and one output and copies.
"""

from __future__ import annotations

from tinylm.compiler.graph import Array, Operator
from tinylm.compiler.lowering import Lowering
from tinylm.compiler.ops.base import Inputs, Spec, given


def check(operator: Operator) -> None:
    """The pass has made sure of everything."""


def evaluate(operator: Operator, inputs: Inputs) -> list[Array]:
    return [given(inputs, 0).reshape(operator.output.shape)]


def lower(operator: Operator, to: Lowering) -> None:
    x, y = operator.input(0), operator.output
    to.call("copy_runs", operator, to.place(x), 0, y, 0, x.bytes, 1)


SPECS = tuple(Spec(name, check, evaluate, lower) for name in ("ASSIGN_VARIABLE", "CALL_ONCE", "READ_VARIABLE", "VAR_HANDLE"))
