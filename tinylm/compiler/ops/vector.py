"""Lowering to the kernels for cores with the vector extension (MVE): int8 weights as they are, whatever the values."""

from __future__ import annotations

from tinylm.compiler.graph import Array, Operator
from tinylm.compiler.lowering import Field, Lowering, Scratch, Struct
from tinylm.compiler.ops.packed import Rows
from tinylm.compiler.ops.window import Window, fields
from tinylm.compiler.packing import nibble_vectors

FEATURE = "mve"
_PARTS = ("vector.S", "vector.c")


def takes(operator: Operator, to: Lowering) -> bool:
    """Whether these kernels are to be used, for a core and an aim that they are for: all int8, or int4 weights that are fully
    connected or depthwise."""
    x, w = operator.input(0), operator.input(1)
    kinds = ("int8", "int4") if operator.name in ("FULLY_CONNECTED", "DEPTHWISE_CONV_2D") else ("int8",)
    return to.packs(FEATURE) and x.dtype == "int8" and w.dtype in kinds


def _rows(operator: Operator, to: Lowering, rows: Rows, weights: Array | None = None) -> dict[str, Field]:
    """Fields of a tl_vector_rows struct."""
    return {
        "weights": to.constant(f"weights_{operator.index}", rows.weights if weights is None else weights),
        "bias": to.constant(f"bias_{operator.index}", rows.bias),
        "multiplier": to.constant(f"multiplier_{operator.index}", rows.multiplier),
        "shift": to.constant(f"shift_{operator.index}", rows.shift),
        "per_channel": int(rows.multiplier.size > 1),
        "depth": rows.weights.shape[1],
        "outputs": rows.weights.shape[0],
        "output_zero_point": rows.zero_point,
        "low": rows.low,
        "high": rows.high,
    }


def lower_fully_connected(operator: Operator, to: Lowering, rows: Rows) -> None:
    x, depth = operator.input(0), rows.weights.shape[1]
    narrow = nibble_vectors.nibbles(rows.weights) if operator.input(1).dtype == "int4" else None
    params: dict[str, Field] = {"rows": _rows(operator, to, rows, narrow), "batches": x.elements // depth}
    fc = Struct("tl_fc_vector", params)
    if narrow is None:
        to.call("fc_vector_s8", operator, fc, to.place(x), operator.output, parts=_PARTS)
        return
    scratch, parts = Scratch(depth + -depth % nibble_vectors.BLOCK), ("nibble_vectors.S", *_PARTS)
    to.call("fc_nibble_vectors_s8", operator, fc, to.place(x), operator.output, scratch, parts=parts)


def lower_convolution(operator: Operator, to: Lowering, window: Window, rows: Rows) -> None:
    """CONV_2D of one group: the window at each position is gathered where it is not one run of the input."""
    x = operator.input(0)
    whole_rows = window.y.taps == 1 or (window.x.taps == x.shape[2] and window.y.dilation == 1)
    direct = not window.padded and window.x.dilation == 1 and whole_rows
    params: dict[str, Field] = {
        "window": fields(operator, window),
        "rows": _rows(operator, to, rows),
        "direct": int(direct),
        "contiguous": int(window.x.dilation == 1),
        "input_zero_point": x.zero_point,
    }
    scratch = None if direct else Scratch(rows.weights.shape[1])
    to.call("conv_vector_s8", operator, Struct("tl_conv_vector", params), to.place(x), operator.output, scratch, parts=_PARTS)


def lower_depthwise(operator: Operator, to: Lowering, params: Struct, window: Window) -> None:
    """DEPTHWISE_CONV_2D with a depth multiplier of 1."""
    x = operator.input(0)
    scratch = Scratch(4 * window.y.taps * window.x.taps + x.shape[3])
    to.call("depthwise_vector_s8", operator, params, to.place(x), operator.output, scratch, parts=_PARTS)
