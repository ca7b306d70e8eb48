"""ATTENTION, which no file holds: int8 queries, a cache of keys and values, scores masked by position, softmax, the mean of the values.

Two BATCH_MATMULs with SOFTMAX between, and SELECT_V2 for the mask. Slot j of the cache is seen by ``q`` where j <= slot, else by ``far``
(if there is one) where j <= position, else not at all: its score is the lowest value then, and its part of the softmax one constant.
"""

from __future__ import annotations

from tinylm.compiler.graph import Operator
from tinylm.compiler.lowering import Field, Lowering, Scratch, Struct
from tinylm.compiler.ops.batch_matmul import multiplier_of
from tinylm.compiler.ops.fused import fused_spec, parts_of
from tinylm.compiler.ops.softmax import exps_of
from tinylm.compiler.packing.dual import takes_short

NAME = "ATTENTION"
#: More slots could overflow TFLM's SOFTMAX, where all have one score.
MOST_SLOTS = 256
_MOST_DEPTH = 128
#: Inputs.
QUERY, FAR, KEYS, VALUES, SLOT, POSITION = range(6)


def lower(operator: Operator, to: Lowering) -> None:
    parts, keys = parts_of(operator), operator.input(KEYS)
    scores, softmax, mix = next(p for p in parts if p.name == "BATCH_MATMUL"), parts[-2], parts[-1]
    group, depth = operator.input(QUERY).shape[-2:]
    window, heads, by_slot = keys.shape[-2], keys.elements // (keys.shape[-2] * depth), not mix.options.get("adj_y")
    fields: dict[str, Field] = {"heads": heads, "group": group, "window": window, "depth": depth, "by_slot": int(by_slot)}
    shifts = []
    for name, part in (("score", scores), ("mixed", mix)):
        multiplier, shift = (int(value[0]) for value in multiplier_of(part))
        requant = {"zero_point": 0, "output_zero_point": part.output.zero_point, "multiplier": multiplier, "shift": shift}
        fields[name] = requant | {"low": -128, "high": 127}
        shifts.append(shift)
    fields["exps"] = to.constant(f"exps_{operator.index}", exps_of(softmax))
    quick = to.packs("dsp") and takes_short(*shifts) and depth % 4 == 0 and depth <= _MOST_DEPTH and window % 4 == 0
    scratch = Scratch((2 * group + 1) * window if quick else window)
    places = [None if tensor is None else to.place(tensor) for tensor in operator.inputs]
    kernel = "attention_short_s8" if quick else "attention_s8"
    to.call(kernel, operator, Struct("tl_attention", fields), *places, operator.output, scratch, parts=("dots.S",) if quick else ())


SPEC = fused_spec(NAME, lower)
