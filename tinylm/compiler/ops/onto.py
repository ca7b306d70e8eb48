"""ONTO, which no file holds: int16 plus a whole multiple of int8, saturated. QUANTIZE and ADD whose scales make both exact."""

from __future__ import annotations

from tinylm.compiler.graph import Operator
from tinylm.compiler.lowering import Lowering
from tinylm.compiler.ops.fused import fused_spec

NAME = "ONTO"
FACTOR = "factor"


def lower(operator: Operator, to: Lowering) -> None:
    x, part, y = operator.input(0), operator.input(1), operator.output
    to.call("onto_s16", operator, to.place(x), to.place(part), y, y.elements, operator.options[FACTOR])


SPEC = fused_spec(NAME, lower, lambda operator: [(0, 0)])
