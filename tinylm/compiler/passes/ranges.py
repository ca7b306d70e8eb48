"""What values each channel of an int8 tensor can take, whatever the inputs: intervals carried through the graph.

A convolution's requantisation does not decrease, so the least and the greatest sum bound its output; where both give one value, the
channel is constant: its weights are all zero, or its activation clamps everything away.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tinylm.compiler.graph import Array, Graph, Operator, Tensor
from tinylm.compiler.ops import conv, fully_connected, spec_of
from tinylm.compiler.ops import weights as q
from tinylm.compiler.ops.base import activation_range, type_range
from tinylm.compiler.passes.element import by_element

_SUM = 1 << 31


@dataclass(frozen=True)
class Range:
    """low, high: [channels] int64, both included."""

    low: Array
    high: Array

    @property
    def constant(self) -> Array:
        """[channels] bool."""
        same: Array = self.low == self.high
        return same


def full(tensor: Tensor) -> Range:
    low, high = type_range(tensor)
    return Range(np.full(tensor.shape[-1], low, np.int64), np.full(tensor.shape[-1], high, np.int64))


def ranges(graph: Graph) -> dict[int, Range]:
    """By tensor index, for int8 tensors that have a last axis."""
    found: dict[int, Range] = {}
    for operator in graph.operators:
        for tensor in operator.outputs:
            if tensor.dtype == "int8" and tensor.shape:
                found[tensor.index] = _of(operator, found) if len(operator.outputs) == 1 else full(tensor)
    return found


def _of(operator: Operator, found: dict[int, Range]) -> Range:
    x, y = operator.inputs[0] if operator.inputs else None, operator.output
    if x is None or x.dtype != "int8" or not x.shape or x.constant:
        return full(y)
    given = found.get(x.index) or full(x)
    if operator.name in ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED"):
        return _weighted(operator, given)
    if operator.name in ("MAX_POOL_2D", "AVERAGE_POOL_2D"):
        low, high = activation_range(operator, y)
        return Range(np.clip(given.low, low, high), np.clip(given.high, low, high))
    if spec_of(operator).view and x.shape[-1] == y.shape[-1]:
        return given
    values = by_element(operator, np.arange(-128, 128, dtype=np.int8)) if operator.name in _ELEMENTWISE and x.shape == y.shape else None
    if values is None:
        return full(y)
    images = [values[low + 128 : high + 129].astype(np.int64) for low, high in zip(given.low.tolist(), given.high.tolist(), strict=True)]
    return Range(np.array([image.min() for image in images]), np.array([image.max() for image in images]))


_ELEMENTWISE = ("RELU", "RELU6", "LOGISTIC", "TANH", "HARD_SWISH", "ELU", "LEAKY_RELU", "QUANTIZE", "LOOKUP")


def _weighted(operator: Operator, given: Range) -> Range:
    x, w, y = operator.input(0), operator.input(1), operator.output
    low, high = given.low - x.zero_point, given.high - x.zero_point
    if operator.name != "FULLY_CONNECTED":
        # A tap beside the input counts as real zero.
        low, high = np.minimum(low, 0), np.maximum(high, 0)
    values, bias = operand(operator)
    if operator.name == "DEPTHWISE_CONV_2D":
        rows: Array = values.reshape(-1, y.shape[3]).T
        many = y.shape[3] // x.shape[3]
        ends = np.stack([rows * np.repeat(low, many)[:, None], rows * np.repeat(high, many)[:, None]])
    else:
        rows = values.reshape(values.shape[0], -1, values.shape[-1])
        if values.shape[-1] != x.shape[-1]:
            return full(y)
        ends = np.stack([(rows * low).reshape(rows.shape[0], -1), (rows * high).reshape(rows.shape[0], -1)])
    least, most = ends.min(axis=0).sum(axis=1) + bias, ends.max(axis=0).sum(axis=1) + bias
    if np.any(least < -_SUM) or np.any(most >= _SUM):
        return full(y)
    multipliers = (
        fully_connected.multipliers_of(operator) if operator.name == "FULLY_CONNECTED" else q.channel_multipliers(operator, x, w, y, False)
    )
    outputs = [q.finish(total, *multipliers, False, y.zero_point, *activation_range(operator, y)) for total in (least, most)]
    # A positive shift may wrap around: then the order is lost.
    return Range(*outputs) if not np.any(multipliers[1] > 0) else full(y)


def operand(operator: Operator) -> tuple[Array, Array]:
    """(weights less their zero point, bias [outputs]), both int64."""
    w, bias = operator.input(1), operator.optional(2)
    zero_point = fully_connected.weights_zero_point(operator) if operator.name == "FULLY_CONNECTED" else 0
    outputs = w.shape[conv.channel_axis(operator)] if operator.name != "FULLY_CONNECTED" else w.shape[0]
    return w.values().astype(np.int64) - zero_point, np.zeros(outputs, np.int64) if bias is None else bias.values().reshape(-1).astype(
        np.int64
    )
