"""Lowering to the kernels on rows packed eight at a time, for cores without SIMD."""

from __future__ import annotations

import numpy as np

from tinylm.compiler.graph import Operator
from tinylm.compiler.lowering import Field, Lowering, Scratch, Struct
from tinylm.compiler.ops.packed import Rows
from tinylm.compiler.ops.window import Window, fields
from tinylm.compiler.packing import eights

FEATURE = "scalar"
_PARTS = ("eights.S", "eights.c")


def _rows(operator: Operator, to: Lowering, rows: Rows) -> dict[str, Field]:
    """Fields of a tl_rows struct."""
    packed = eights.eights(rows.weights, rows.bias)
    finish = np.stack([rows.multiplier.astype(np.int32), -rows.shift.astype(np.int32)], axis=1)
    return {
        "rows": to.constant(f"rows_{operator.index}", packed.words),
        "plain": to.constant(f"plain_{operator.index}", packed.plain) if packed.plain.any() else None,
        "finish": to.constant(f"finish_{operator.index}", finish),
        "per_channel": int(rows.multiplier.size > 1),
        "exact": int(packed.plain.any() or not eights.requantises_short(rows.weights, rows.bias, rows.shift)),
        "depth": rows.weights.shape[1],
        "outputs": rows.weights.shape[0],
        "output_zero_point": rows.zero_point,
        "low": rows.low,
        "high": rows.high,
    }


def _scratch(rows: Rows) -> Scratch:
    depth = rows.weights.shape[1]
    return Scratch(depth + -depth % 4)


def lower_fully_connected(operator: Operator, to: Lowering, rows: Rows) -> None:
    """FULLY_CONNECTED int8."""
    x = operator.input(0)
    params = {"rows": _rows(operator, to, rows), "batches": x.elements // rows.weights.shape[1]}
    to.call("fc_eights_s8", operator, Struct("tl_fc_eights", params), to.place(x), operator.output, _scratch(rows), parts=_PARTS)


def lower_convolution(operator: Operator, to: Lowering, window: Window, rows: Rows) -> None:
    """CONV_2D int8 of one group: the window at each position is gathered, then as above."""
    x = operator.input(0)
    params: dict[str, Field] = {
        "window": fields(operator, window),
        "rows": _rows(operator, to, rows),
        "contiguous": int(window.x.dilation == 1),
        "input_zero_point": x.zero_point,
    }
    to.call("conv_eights_s8", operator, Struct("tl_conv_eights", params), to.place(x), operator.output, _scratch(rows), parts=_PARTS)
