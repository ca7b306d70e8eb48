"""LOOKUP, which no file holds: bytes through a table of 256 bytes. The table pass makes it."""

from __future__ import annotations

from tinylm.compiler.graph import DTYPES, Array, Operator
from tinylm.compiler.lowering import Lowering
from tinylm.compiler.ops.base import Inputs, Spec, elementwise_in_place, given

NAME = "LOOKUP"


def check(operator: Operator) -> None:
    """Nothing to refuse: no file can name it."""


def evaluate(operator: Operator, inputs: Inputs) -> list[Array]:
    y = operator.output
    return [operator.input(1).values()[given(inputs, 0).view("uint8")].view(DTYPES[y.dtype][1]).reshape(y.shape)]


def lower(operator: Operator, to: Lowering) -> None:
    y = operator.output
    table = to.constant(f"table_{operator.index}", operator.input(1).values())
    to.call("lookup_bytes", operator, table, to.place(operator.input(0)), y, y.elements)


SPEC = Spec(NAME, check, evaluate, lower, elementwise_in_place)
