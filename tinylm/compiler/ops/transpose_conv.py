"""TRANSPOSE_CONV (TFLM transpose_conv.cc): int8, int16 x int8 with 64-bit sums, float32.

Each output gathers what reaches it, so that no scratch is needed (TFLM scatters into 32- or 64-bit sums of the output's size).
"""

from __future__ import annotations

import numpy as np

from tinylm.compiler.graph import Array, Operator
from tinylm.compiler.lowering import Field, Lowering, Struct
from tinylm.compiler.ops import weights as q
from tinylm.compiler.ops.base import Inputs, Spec, activation_range, expect_types, float_activation_range, given
from tinylm.compiler.ops.window import expect_images, option

_SAME, _VALID = 0, 1


def check(operator: Operator) -> None:
    w, x, y, bias = operator.input(1), operator.input(2), operator.output, operator.optional(3)
    expect_images(operator, w, x, y)
    if bias is not None and x.dtype == "int16":
        expect_types(operator, bias, "int64")
    if w.dtype == "int4":
        raise operator.refuse("has int4 weights, which are not supported here.")
    q.check_weights(operator, x, w, y, bias, axis=0)
    if w.shape[3] != x.shape[3] or w.shape[0] != y.shape[3] or x.shape[0] != y.shape[0]:
        raise operator.refuse(f"has shapes that do not fit: {x} by {w} to {y}.")
    if operator.options.get("padding", _SAME) not in (_SAME, _VALID):
        raise operator.refuse(f"has padding {operator.options['padding']}, which is neither SAME nor VALID.")
    _pads(operator)
    if x.dtype == "float32":
        float_activation_range(operator)
    else:
        activation_range(operator, y)
        q.channel_multipliers(operator, x, w, y, x.dtype == "int16")


def _pads(operator: Operator) -> list[int]:
    """Padding of y and x: that of the convolution which this one transposes."""
    pads = []
    for position, side in ((1, "h"), (2, "w")):
        size, taps, stride = operator.output.shape[position], operator.input(1).shape[position], option(operator, f"stride_{side}")
        reach = 1 if operator.options.get("padding", _SAME) == _SAME else taps
        out = max(0, (size + stride - reach) // stride)
        pads.append(max(0, (out - 1) * stride + taps - size) // 2)
    return pads


def _bias(operator: Operator) -> Array:
    bias, kind = operator.optional(3), np.float32 if operator.input(2).dtype == "float32" else np.int64
    return np.zeros(operator.output.shape[3], kind) if bias is None else bias.values().reshape(-1).astype(kind)


def _scatter(operator: Operator, x: Array, weights: Array) -> Array:
    """Sums in TFLM's order: by input row, column, channel."""
    y, (pad_y, pad_x) = operator.output, _pads(operator)
    stride_y, stride_x = option(operator, "stride_h"), option(operator, "stride_w")
    total = np.zeros(y.shape, x.dtype)
    for row, column, channel in np.ndindex(x.shape[1:]):
        for i, j in np.ndindex(weights.shape[1:3]):
            at, to = row * stride_y - pad_y + i, column * stride_x - pad_x + j
            if 0 <= at < y.shape[1] and 0 <= to < y.shape[2]:
                total[:, at, to] += x[:, row, column, channel, None] * weights[None, :, i, j, channel]
    return total


def evaluate(operator: Operator, inputs: Inputs) -> list[Array]:
    w, x, y = operator.input(1), operator.input(2), operator.output
    if x.dtype == "float32":
        with np.errstate(all="ignore"):
            total = _scatter(operator, given(inputs, 2), w.values())
            total = total if operator.optional(3) is None else total + _bias(operator)
        low, high = (np.float32(limit) for limit in float_activation_range(operator))
        return [np.where(total < low, low, np.where(total > high, high, total))]
    total = _scatter(operator, given(inputs, 2).astype(np.int64) - x.zero_point, w.values().astype(np.int64)) + _bias(operator)
    wide = x.dtype == "int16"
    done = q.finish(total, *q.channel_multipliers(operator, x, w, y, wide), wide, y.zero_point, *activation_range(operator, y))
    return [done.astype(y.dtype)]


def lower(operator: Operator, to: Lowering) -> None:
    w, x, y = operator.input(1), operator.input(2), operator.output
    pad_y, pad_x = _pads(operator)
    window: dict[str, Field] = {
        **dict(zip(("batches", "in_height", "in_width", "in_channels"), x.shape, strict=True)),
        **dict(zip(("out_height", "out_width", "out_channels"), y.shape[1:], strict=True)),
        "height": w.shape[1],
        "width": w.shape[2],
        "stride_y": option(operator, "stride_h"),
        "stride_x": option(operator, "stride_w"),
        "dilation_y": 1,
        "dilation_x": 1,
        "pad_y": pad_y,
        "pad_x": pad_x,
    }
    fields: dict[str, Field] = {"window": window, "weights": to.constant(f"weights_{operator.index}", w.values())}
    if x.dtype == "float32":
        low, high = float_activation_range(operator)
        fields |= {"bias": to.constant(f"bias_{operator.index}", _bias(operator)), "low": low, "high": high}
        to.call("transpose_conv_f32", operator, Struct("tl_transpose_conv_float", fields), to.place(x), y)
        return
    wide = x.dtype == "int16"
    multiplier, shift = q.channel_multipliers(operator, x, w, y, wide)
    low, high = activation_range(operator, y)
    fields |= {
        "bias": to.constant(f"bias_{operator.index}", _bias(operator).astype(np.int64 if wide else np.int32)),
        "multiplier": to.constant(f"multiplier_{operator.index}", multiplier),
        "shift": to.constant(f"shift_{operator.index}", shift),
        "per_channel": int(multiplier.size > 1),
        "input_zero_point": x.zero_point,
        "output_zero_point": y.zero_point,
        "low": low,
        "high": high,
    }
    to.call("transpose_conv_s16" if wide else "transpose_conv_s8", operator, Struct("tl_transpose_conv", fields), to.place(x), y)


SPEC = Spec("TRANSPOSE_CONV", check, evaluate, lower)
