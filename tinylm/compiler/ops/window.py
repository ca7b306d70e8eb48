"""Windows sliding over [batch, height, width, channels]: the geometry that convolutions and pools share (TFLM padding.h)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from tinylm.compiler.graph import Array, Operator, Tensor
from tinylm.compiler.lowering import Field
from tinylm.compiler.placement import Overlap

SAME, VALID = 0, 1
#: Option that no file holds: ((top, bottom), (left, right)) positions of real zero beside the input; padding is VALID then.
EXPLICIT = "explicit_padding"
_MOST = 1 << 15


@dataclass(frozen=True)
class Axis:
    """One direction: sizes of input, output and window, and how the window moves. pad: positions before the input's first."""

    size: int
    out: int
    taps: int
    stride: int
    dilation: int
    pad: int

    def inside(self) -> Array:
        """[out, taps] bool: which taps of each position lie on the input."""
        at = np.arange(self.out)[:, None] * self.stride - self.pad + np.arange(self.taps)[None] * self.dilation
        return (at >= 0) & (at < self.size)


@dataclass(frozen=True)
class Window:
    y: Axis
    x: Axis

    @property
    def padded(self) -> bool:
        return not (bool(self.y.inside().all()) and bool(self.x.inside().all()))

    @property
    def pointwise(self) -> bool:
        """Whether every position of the output is one of the input, in order."""
        return not self.padded and all(axis.taps == axis.stride == 1 for axis in (self.y, self.x))

    @property
    def whole(self) -> bool:
        """Whether there is one position, whose taps are all of the input in order."""
        return not self.padded and all(axis.dilation == 1 and axis.taps == axis.size for axis in (self.y, self.x))


def option(operator: Operator, name: str, default: int = 1) -> int:
    """A size among the options: at least 1. Raises ModelError."""
    value: Any = operator.options.get(name, default)
    if not isinstance(value, int) or not 1 <= value < _MOST:
        raise operator.refuse(f"has {name.replace('_', ' ')} {value}.")
    return value


def expect_images(operator: Operator, *tensors: Tensor) -> None:
    """Raise ModelError unless all have four dimensions, none of them 0."""
    for tensor in tensors:
        if len(tensor.shape) != 4 or 0 in tensor.shape:
            raise operator.refuse(f"needs four dimensions, none of them 0, not {tensor}.")


def window_of(operator: Operator, height: int, width: int) -> Window:
    """The window of ``height`` x ``width`` taps over input 0. Raises ModelError where the output's shape is not what follows."""
    x, y = operator.input(0), operator.output
    expect_images(operator, x, y)
    padding = operator.options.get("padding", SAME)
    if padding not in (SAME, VALID):
        raise operator.refuse(f"has padding {padding}, which is neither SAME nor VALID.")
    beside = operator.options.get(EXPLICIT, ((0, 0), (0, 0)))
    axes = []
    for position, taps, side in ((1, height, "h"), (2, width, "w")):
        stride, dilation = option(operator, f"stride_{side}"), option(operator, f"dilation_{side}_factor")
        size, reach = x.shape[position], (taps - 1) * dilation + 1
        before, after = beside[position - 1]
        out = (size + before + after + stride - (1 if padding == SAME else reach)) // stride
        if y.shape[position] != out or out < 1:
            raise operator.refuse(f"gives {out} positions along axis {position} of {x}; its output is {y}.")
        same = max(0, (out - 1) * stride + reach - size) // 2
        axes.append(Axis(size, out, taps, stride, dilation, same if padding == SAME else before))
    if x.shape[0] != y.shape[0]:
        raise operator.refuse(f"changes the batch: {x} to {y}.")
    return Window(axes[0], axes[1])


def patches(x: Array, window: Window) -> tuple[Array, Array]:
    """([batch, out y, out x, taps y, taps x, channels] with 0 outside the input, [out y, out x, taps y, taps x] bool: inside)."""
    rows, columns = (np.arange(a.out)[:, None] * a.stride - a.pad + np.arange(a.taps)[None] * a.dilation for a in (window.y, window.x))
    inside = window.y.inside()[:, None, :, None] & window.x.inside()[None, :, None, :]
    near = x[:, np.clip(rows, 0, window.y.size - 1)[:, None, :, None], np.clip(columns, 0, window.x.size - 1)[None, :, None, :]]
    return np.where(inside[None, ..., None], near, np.zeros((), x.dtype)), inside


def fields(operator: Operator, window: Window) -> dict[str, Field]:
    """Fields of a tl_window struct."""
    x, y = operator.input(0), operator.output
    return {
        "batches": x.shape[0],
        "in_height": x.shape[1],
        "in_width": x.shape[2],
        "in_channels": x.shape[3],
        "out_height": y.shape[1],
        "out_width": y.shape[2],
        "out_channels": y.shape[3],
        "height": window.y.taps,
        "width": window.x.taps,
        "stride_y": window.y.stride,
        "stride_x": window.x.stride,
        "dilation_y": window.y.dilation,
        "dilation_x": window.x.dilation,
        "pad_y": window.y.pad,
        "pad_x": window.x.pad,
    }


#: Pixels that a kernel may write ahead of the oldest pixel whose input it has still to read.
HELD_BACK = 4


def overlap(operator: Operator, window: Window, by_rows: bool = False) -> Overlap:
    """See Spec.overlap. Kernels write pixels in order, at most HELD_BACK ahead of what they still read.

    by_rows: each channel depends on itself only, and its rows are written in order; then whole pixels between input and output keep
    the channels apart, whatever the order in which they are taken.
    """
    x, y = operator.input(0), operator.output
    pixel_in, pixel_out = x.bytes // (x.shape[0] * x.shape[1] * x.shape[2]), y.bytes // (y.shape[0] * y.shape[1] * y.shape[2])
    row_in = pixel_in * x.shape[2]
    rows = np.maximum(np.arange(window.y.out + 1) * window.y.stride - window.y.pad, 0)
    columns = np.maximum(np.arange(window.x.out) * window.x.stride - window.x.pad, 0)
    # The lowest address that this pixel or any later one reads: the next row may begin below this one's place.
    reads = np.minimum(rows[:-1, None] * row_in + columns[None, :] * pixel_in, rows[1:, None] * row_in)
    pixels = window.y.out * window.x.out
    written = np.minimum(np.arange(pixels) + HELD_BACK, pixels).reshape(reads.shape)
    ahead = int((written * pixel_out - reads).max())
    if by_rows:
        ends = np.arange(1, window.y.out + 1) * window.x.out * pixel_out
        ahead = max(ahead, int((ends - rows[:-1] * row_in).max()))
    grows = y.bytes // y.shape[0] - x.bytes // x.shape[0]
    return Overlap(ahead + max(0, (x.shape[0] - 1) * grows), pixel_in if by_rows and pixel_in == pixel_out else 1)
