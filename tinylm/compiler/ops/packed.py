"""Lowering to the kernels on packed rows, for cores that have them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tinylm.compiler.graph import Array, Operator
from tinylm.compiler.lowering import Field, Lowering, Scratch, Struct
from tinylm.compiler.ops.window import Window, fields
from tinylm.compiler.packing import dual, nibbles


@dataclass(frozen=True)
class Rows:
    """A layer's arithmetic. weights [n, k] int8, bias [n] int32 (zero point of the input folded in), multiplier and shift: [n] or [1]."""

    weights: Array
    bias: Array
    multiplier: Array
    shift: Array
    zero_point: int
    low: int
    high: int

    @property
    def suffix(self) -> str:
        """Of the kernels for it: where results below the zero point are clamped, the sign of a sum need not be looked at."""
        return "_relu" if self.low >= self.zero_point else ""


def _kind(rows: Rows, packed: dual.Packed) -> str:
    """Which way of finishing the rows allow."""
    if packed.plain.any() or not dual.requantises_short(rows.weights, rows.bias, rows.shift):
        return "exact"
    return ("channels" if rows.multiplier.size > 1 else "tensor") + rows.suffix


def _fields(operator: Operator, to: Lowering, rows: Rows, packed: dual.Packed) -> dict[str, Field]:
    def per_row(values: Array) -> Array:
        return np.pad(values, (0, -values.size % packed.group), mode="edge") if values.size > 1 else values

    return {
        "rows": to.constant(f"rows_{operator.index}", packed.words),
        "plain": to.constant(f"plain_{operator.index}", packed.plain) if packed.plain.any() else None,
        "multiplier": to.constant(f"multiplier_{operator.index}", per_row(rows.multiplier)),
        "right": to.constant(f"right_{operator.index}", -per_row(rows.shift)),
        "per_channel": int(rows.multiplier.size > 1),
        "output_zero_point": rows.zero_point,
        "low": rows.low,
        "high": rows.high,
    }


def lower_fully_connected(operator: Operator, to: Lowering, rows: Rows, bits: int) -> None:
    """FULLY_CONNECTED int8 on the DSP extension. bits: of the weights; four are taken as eight where they cannot be packed."""
    outputs, inputs = rows.weights.shape
    short = dual.requantises_short(rows.weights, rows.bias, rows.shift)
    kernel, part, packed = "fc_packed", "fours.S", dual.fours(rows.weights, rows.bias)
    if bits == 4 and short and nibbles.fits(rows.weights, rows.bias):
        kernel, part, packed = "fc_nibbles", "quads.S", nibbles.quads(rows.weights, rows.bias)
    sizes: dict[str, Field] = {"batches": operator.input(0).elements // inputs, "inputs": inputs, "outputs": outputs}
    params = Struct("tl_fc_packed", _fields(operator, to, rows, packed) | sizes)
    scratch = Scratch(2 * (inputs + -inputs % 8))
    function = f"{kernel}_{_kind(rows, packed)}"
    to.call(kernel, operator, params, operator.input(0), operator.output, scratch, function=function, parts=(part,))


def lower_convolution(operator: Operator, to: Lowering, window: Window, rows: Rows) -> None:
    """CONV_2D int8 of one group on the DSP extension: three positions at once, gathered where they are no runs of whole words."""
    x = operator.input(0)
    depth = rows.weights.shape[1]
    packed = dual.twos(rows.weights, rows.bias)
    run = window.x.taps * x.shape[3]
    direct = run % 4 == 0 and window.x.dilation == 1
    buffer = (run if window.padded else 0) if direct else depth + -depth % 4
    positions, outputs = operator.output.elements // rows.weights.shape[0], rows.weights.shape[0]
    aside = 3 * (outputs + outputs % 2) if positions % 3 or outputs % 2 else 0
    geometry: dict[str, Field] = {
        "window": fields(operator, window),
        "direct": int(direct),
        "buffer": buffer,
        "input_zero_point": x.zero_point,
    }
    to.call(
        "conv_packed",
        operator,
        Struct("tl_conv_packed", geometry | _fields(operator, to, rows, packed)),
        x,
        operator.output,
        Scratch(6 * (depth + -depth % 4) + 3 * buffer + aside),
        function=f"conv_packed_{_kind(rows, packed)}",
        parts=("twos.S",),
    )


def takes_depthwise(rows: Rows) -> bool:
    """Whether there is a depthwise kernel for it, given a depth multiplier of 1. rows: one a channel, its taps in them."""
    return rows.weights.shape[0] >= 4 and dual.requantises_short(rows.weights, rows.bias, rows.shift)


def lower_depthwise(operator: Operator, to: Lowering, window: Window, params: Struct, rows: Rows) -> None:
    """DEPTHWISE_CONV_2D int8 that ``takes_depthwise``: 3 x 3 with stride 1 or 2 has kernels of its own."""
    x, y, stride = operator.input(0), operator.output, window.x.stride
    square = window.y.stride == stride <= 2 and all((axis.taps, axis.dilation) == (3, 1) for axis in (window.y, window.x))
    if square:
        scratch = Scratch(160 + 32 * (stride * y.shape[2] + 2))
        function = f"depthwise3{'_two' if stride == 2 else ''}{rows.suffix}_s8"
        to.call("depthwise3_s8", operator, params, x, y, scratch, function=function, parts=("depthwise3.S",))
    else:
        channels, taps = rows.weights.shape
        to.call("depthwise_short_s8", operator, params, x, y, Scratch(4 * taps + channels))
