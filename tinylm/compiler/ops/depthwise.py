"""Lowering of int8 DEPTHWISE_CONV_2D to kernels for the DSP extension."""

from __future__ import annotations

import numpy as np

from tinylm.compiler.graph import Array, Operator
from tinylm.compiler.lowering import Field, Lowering, Scratch, Struct
from tinylm.compiler.ops.packed import Rows, each_row
from tinylm.compiler.ops.window import Window
from tinylm.compiler.packing import depthwise, dual
from tinylm.compiler.packing.finish import FRACTIONS, SMALL_FRACTIONS, Finish, own_finishes, short_finish


def takes_depthwise(rows: Rows) -> bool:
    """Whether there is a depthwise kernel for it. rows: one a channel, its taps in them."""
    return rows.weights.shape[0] >= 2 and dual.requantises_short(rows.weights, rows.bias, rows.shift)


def _lower_windows(operator: Operator, to: Lowering, params: Struct, rows: Rows) -> None:
    channels, taps = rows.weights.shape
    even = np.pad(rows.weights, ((0, 0), (0, taps % 2)))
    finish = depthwise.finishes(each_row(rows.multiplier, channels), each_row(rows.shift, channels), rows.zero_point)
    fields_of: dict[str, Field] = {
        "window": params.fields["window"],
        "groups": to.constant(f"groups_{operator.index}", depthwise.groups(even, rows.bias)),
        "finish": to.constant(f"finish_{operator.index}", finish),
        **{name: params.fields[name] for name in ("input_zero_point", "low", "high")},
    }
    scratch = Scratch(4 * (taps + taps % 2) + 2 * (channels + -channels % 4))
    ends = operator.input(0), operator.output, scratch
    to.call("depthwise_windows_s8", operator, Struct("tl_windows", fields_of), *ends, parts=("windows.S",))


#: Bytes that the lanes of four channels may take.
_LANES_BYTES = 2560
#: The fraction that depthwise3.S has for all channels: right for nearly all of usual models.
_COMMON = (11,)


def _finish(rows: Rows) -> tuple[Finish, Array | None] | None:
    """A finish that is right for every channel, and the fraction of each where they have no common one; None: there is none."""
    channels = len(rows.weights)
    multiplier, shift = (each_row(values, channels) for values in (rows.multiplier, rows.shift))
    sums, limits = dual.sum_bounds(rows.weights, rows.bias), (rows.low, rows.high)
    finish = short_finish(sums, multiplier, shift, rows.zero_point, limits, fractions=_COMMON)
    if finish.right.all():
        return finish, None
    finish, own = own_finishes(sums, multiplier, shift, rows.zero_point, limits, FRACTIONS + SMALL_FRACTIONS)
    return (finish, own) if finish.right.all() else None


def lower_depthwise(operator: Operator, to: Lowering, window: Window, params: Struct, rows: Rows) -> None:
    """DEPTHWISE_CONV_2D int8 that ``takes_depthwise``: 3 x 3 with stride 1 or 2 and a depth multiplier of 1 has kernels of its own, where
    its finish is proved."""
    x, y, stride = operator.input(0), operator.output, window.x.stride
    channels, taps = rows.weights.shape
    alike = x.shape[3] == channels >= 4
    square = alike and window.y.stride == stride <= 2 and all((axis.taps, axis.dilation) == (3, 1) for axis in (window.y, window.x))
    proved = _finish(rows) if square and y.shape[2] > 1 else None
    if proved is None:
        if x.shape[3] == channels:
            _lower_windows(operator, to, params, rows)
        else:
            to.call("depthwise_short_s8", operator, params, x, y, Scratch(4 * taps + x.shape[3]))
        return
    finish, own = proved
    columns = stride * y.shape[2] + 2
    slots = next((slots for slots in (16, 8)[stride - 1 :] if 16 * slots * columns <= _LANES_BYTES), 4)

    def each(name: str, values: Array) -> Field:
        return to.constant(f"{name}_{operator.index}", values.astype(np.int32))

    fields_of: dict[str, Field] = {
        "window": params.fields["window"],
        "weights": params.fields["weights"],
        "bias": params.fields["bias"],
        "factor": each("factor", finish.factor),
        "start": each("start", finish.start),
        "step": each("step", finish.step) if finish.step.any() else None,
        "fraction": each("fraction", own) if own is not None else None,
        "slots": slots,
        **{name: params.fields[name] for name in ("input_zero_point", "low", "high")},
    }
    kind = "each" if own is not None else "any" if finish.step.any() else "relu"
    function = f"depthwise3_{kind}_{stride}_{slots}"
    scratch = Scratch(176 + 16 * slots * columns)
    to.call("depthwise3_s8", operator, Struct("tl_depthwise3", fields_of), x, y, scratch, function=function, parts=("depthwise3.S",))
