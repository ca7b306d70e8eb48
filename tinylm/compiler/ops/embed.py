"""EMBED, which no file holds: GATHER of rows that are the weights of a FULLY_CONNECTED, too (a tied head): where that has them packed,
they are taken from there and stored once."""

from __future__ import annotations

from tinylm.compiler.graph import Operator
from tinylm.compiler.lowering import Const, Lowering, Struct
from tinylm.compiler.ops import fully_connected, gather
from tinylm.compiler.ops.fused import fused_spec, parts_of

NAME = "EMBED"
READER = "reader"


def lower(operator: Operator, to: Lowering) -> None:
    original = parts_of(operator)[0]
    kernel, words = _packed(operator.options[READER], to)
    if words is None:
        gather.lower(original, to)
        return
    table, index = original.input(0), original.input(1)
    to.call(kernel, operator, to.constant(words.name, words.data), to.place(index), operator.output, *table.shape)


def _packed(reader: Operator, to: Lowering) -> tuple[str, Const | None]:
    """The kernel that takes rows out of the reader's weights, and those; None where they are packed in another way."""
    trial = Lowering(to.core, to.optimize)
    fully_connected.lower(reader, trial)
    call = trial.calls[-1]
    params = call.arguments[0]
    if isinstance(params, Struct):
        rows = params.fields.get("rows")
        if call.function.startswith("tl_fc_packed") and params.fields["kinds"] is None and isinstance(rows, Const):
            return "gather_fours_s8", rows
        if call.function == "tl_fc_eights_s8" and isinstance(rows, dict) and rows["plain"] is None and isinstance(rows["rows"], Const):
            return "gather_eights_s8", rows["rows"]
    return "", None


SPEC = fused_spec(NAME, lower)
