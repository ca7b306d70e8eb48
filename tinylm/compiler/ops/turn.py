"""TURN, which no file holds: pairs of int8 turned by a matrix of 2 x 2 for each frequency, heads then in front (rotary positions).

[frequencies, heads, 2] times [frequencies, 2, 2] transposed, to [heads, frequencies, 2]: BATCH_MATMUL and TRANSPOSE in one.
"""

from __future__ import annotations

from tinylm.compiler.graph import Operator
from tinylm.compiler.lowering import Lowering, Struct
from tinylm.compiler.ops.batch_matmul import multiplier_of
from tinylm.compiler.ops.fused import fused_spec, parts_of
from tinylm.compiler.packing.dual import takes_short

NAME = "TURN"


def lower(operator: Operator, to: Lowering) -> None:
    x, matrices, y = operator.input(0), operator.input(1), operator.output
    multiplier, shift = multiplier_of(parts_of(operator)[0])
    fields = {
        "frequencies": x.shape[0],
        "heads": x.shape[1],
        "multiplier": int(multiplier[0]),
        "shift": int(shift[0]),
    }
    quick = to.packs("dsp") and takes_short(int(shift[0]))
    to.call("turn_short_s8" if quick else "turn_s8", operator, Struct("tl_turn", fields), to.place(x), to.place(matrices), y)


SPEC = fused_spec(NAME, lower)
