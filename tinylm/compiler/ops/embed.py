"""EMBED, which no file holds: GATHER of rows that are the weights of a FULLY_CONNECTED, too (a tied head): where that has them packed,
they are taken from there and stored once."""

from __future__ import annotations

from tinylm.compiler.graph import Operator
from tinylm.compiler.lowering import Const, Lowering, Struct, Value
from tinylm.compiler.ops import fully_connected, gather
from tinylm.compiler.ops.fused import fused_spec, parts_of

NAME = "EMBED"
READER = "reader"


def lower(operator: Operator, to: Lowering) -> None:
    original = parts_of(operator)[0]
    kernel, words, starts = _packed(operator.options[READER], to)
    if words is None:
        gather.lower(original, to)
        return
    table, index = original.input(0), original.input(1)
    to.call(kernel, operator, to.constant(words.name, words.data), to.place(index), operator.output, *table.shape, *starts)


def _packed(reader: Operator, to: Lowering) -> tuple[str, Const | None, list[Value]]:
    """The kernel that takes rows out of the reader's weights, those, and what else it wants; None where they are packed in another way."""
    trial = Lowering(to.core, to.optimize)
    fully_connected.lower(reader, trial)
    call = trial.calls[-1]
    params = call.arguments[0]
    fields = params.fields if isinstance(params, Struct) else {}
    rows = fields.get("rows")
    if isinstance(rows, Const) and fields.get("kinds", rows) is None:
        packings = {"gather_fours_s8": ("tl_fc_packed", "tl_fours"), "gather_quads_s8": ("tl_fc_nibbles", "tl_quads")}
        for kernel, kinds in packings.items():
            if call.function.startswith(kinds):
                return kernel, rows, [int(str(fields["starts"]))]
    if isinstance(rows, dict) and isinstance(words := rows["rows"], Const) and rows["plain"] is None:
        if call.function == "tl_fc_eights_s8":
            return "gather_eights_s8", words, []
        if call.function == "tl_fc_nibbles_s8":
            return "gather_nibbles_s8", words, [words.data.shape[1] - 8]
    return "", None, []


SPEC = fused_spec(NAME, lower)
