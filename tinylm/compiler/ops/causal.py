"""CAUSAL, which no file holds: a depthwise convolution over earlier values and this one, at one place, and the values moved on.

Inputs: the earlier values [taps - 1, channels], the newest first no more; this one [channels]. Outputs: the sum of each channel's taps, and
the earlier values for the next time, which may be written over the old ones.
"""

from __future__ import annotations

import numpy as np

from tinylm.compiler.fixedpoint import wrap32
from tinylm.compiler.graph import Operator
from tinylm.compiler.lowering import Field, Lowering, Scratch, Struct
from tinylm.compiler.ops import weights as q
from tinylm.compiler.ops.base import activation_range
from tinylm.compiler.ops.fused import fused_spec, parts_of
from tinylm.compiler.ops.packed import Rows
from tinylm.compiler.packing import depthwise, dual, eights, taps

NAME = "CAUSAL"


def rows_of(convolution: Operator) -> Rows:
    """The depthwise convolution's arithmetic, one row a channel, its taps in order."""
    x, w, y, bias = convolution.input(0), convolution.input(1), convolution.output, convolution.optional(2)
    rows = w.values().reshape(-1, y.shape[3]).T
    start = 0 if bias is None else bias.values().reshape(-1).astype(np.int64)
    folded = wrap32(start - x.zero_point * rows.astype(np.int64).sum(axis=1)).astype(np.int32)
    return Rows(rows, folded, *q.channel_multipliers(convolution, x, w, y, False), y.zero_point, *activation_range(convolution, y))


def takes(rows: Rows) -> bool:
    """Whether the kernels can finish its sums, on every kind of core."""
    return all(proof.requantises_short(rows.weights, rows.bias, rows.shift) for proof in (dual, eights))


def lower(operator: Operator, to: Lowering) -> None:
    rows, (old, now) = rows_of(parts_of(operator)[-1]), (operator.input(i) for i in (0, 1))
    channels, count = rows.weights.shape
    sizes: dict[str, Field] = {"channels": channels, "past": count - 1}
    limits: dict[str, Field] = {"output_zero_point": rows.zero_point, "low": rows.low, "high": rows.high}
    ends = [to.place(old), to.place(now), *operator.outputs]
    if to.packs("dsp"):
        finish: dict[str, Field] = {
            "groups": to.constant(f"groups_{operator.index}", depthwise.groups(rows.weights, rows.bias)),
            "multiplier": to.constant(f"multiplier_{operator.index}", rows.multiplier),
            "shift": to.constant(f"shift_{operator.index}", rows.shift),
            "per_channel": int(rows.multiplier.size > 1),
        }
        to.call("causal_short_s8", operator, Struct("tl_causal", sizes | finish | limits), *ends, parts=("causal.S",))
        return
    pairs = (count + 1) // 2
    stream = to.constant(f"channels_{operator.index}", taps.stream(rows.weights, rows.bias, rows.multiplier, rows.shift))
    fields = sizes | {"stream": stream, "pairs": pairs, "skip": taps.skip(pairs)} | limits
    pointer = 8 if to.core.isa == "host" else 4
    scratch = Scratch(pointer - 4 + 2 * pairs * pointer)
    to.call("causal_taps_s8", operator, Struct("tl_causal_taps", fields), *ends, scratch, parts=("taps.S", "taps.c"))


SPEC = fused_spec(NAME, lower, lambda operator: [(0, 1)])
