"""Channels that say nothing are taken out, exactly.

A channel may go where everybody who reads it can do without: it is the same value always (see ranges.py) and the reader's bias takes
that value's share, or the reader's weights for it are all zero. Depthwise convolutions, pools, sums and elementwise operators hand
channels through: the tensors before and after them form a class, whose channels go together or stay.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from tinylm.compiler.fixedpoint import wrap32
from tinylm.compiler.graph import Array, Graph, Operator, Quantization, Tensor
from tinylm.compiler.ops import spec_of
from tinylm.compiler.ops.window import window_of
from tinylm.compiler.passes.ranges import Range, full, operand, ranges
from tinylm.compiler.passes.rewrite import free, new_tensor

_PRODUCTS = ("CONV_2D", "FULLY_CONNECTED")
_THROUGH = (
    "DEPTHWISE_CONV_2D",
    "MAX_POOL_2D",
    "AVERAGE_POOL_2D",
    "RELU",
    "RELU6",
    "LOGISTIC",
    "TANH",
    "HARD_SWISH",
    "ELU",
    "LEAKY_RELU",
    "LOOKUP",
)
_SUMS = ("ADD", "SUB", "MUL")


def run(graph: Graph) -> None:
    while any(_shrink(graph, one) for one in _classes(graph)):
        pass


@dataclass(eq=False)
class _Class:
    """Tensors with the same channels. through: operators inside; makers, readers: products that write or read one of the tensors."""

    tensors: list[Tensor]
    through: list[Operator] = field(default_factory=list)
    makers: list[Operator] = field(default_factory=list)
    readers: list[Operator] = field(default_factory=list)
    stuck: bool = False


def _classes(graph: Graph) -> list[_Class]:
    """The classes whose channels may change."""
    of = {
        tensor.index: _Class([tensor])
        for operator in graph.operators
        for tensor in [*operator.outputs, *operator.inputs]
        if tensor and not tensor.constant
    }

    def merge(a: Tensor, b: Tensor) -> _Class:
        keep, other = of[a.index], of[b.index]
        if keep is not other:
            for part in ("tensors", "through", "makers", "readers"):
                getattr(keep, part).extend(getattr(other, part))
            keep.stuck |= other.stuck
            of.update((tensor.index, keep) for tensor in other.tensors)
        return keep

    for operator in graph.operators:
        if _product(operator):
            of[operator.output.index].makers.append(operator)
            of[operator.input(0).index].readers.append(operator)
        elif _hands_through(operator):
            joined = merge(operator.input(0), operator.output)
            if operator.name in _SUMS:
                joined = merge(operator.input(1), operator.output)
            joined.through.append(operator)
        else:
            for tensor in [*operator.inputs, *operator.outputs]:
                if tensor is not None and not tensor.constant:
                    of[tensor.index].stuck = True
    found = list({id(one): one for one in of.values()}.values())
    return [
        one
        for one in found
        if not one.stuck and one.makers and one.readers and all(free(graph, t) and t.dtype == "int8" for t in one.tensors)
    ]


def _product(operator: Operator) -> bool:
    if operator.name not in _PRODUCTS or operator.input(0).dtype != "int8" or operator.input(0).constant:
        return False
    return operator.input(1).shape[-1] == operator.input(0).shape[-1] and operator.input(1).dtype == "int8"


def _hands_through(operator: Operator) -> bool:
    x = operator.inputs[0] if operator.inputs else None
    if (
        x is None
        or x.constant
        or len(operator.outputs) != 1
        or x.dtype != "int8"
        or not x.shape
        or operator.output.shape[-1:] != x.shape[-1:]
    ):
        return False
    if operator.name in _SUMS:
        other = operator.input(1)
        return not other.constant and other.shape == x.shape
    if operator.name == "DEPTHWISE_CONV_2D":
        return operator.input(1).dtype == "int8"
    flat = all(n == 1 for n in (*x.shape[:-1], *operator.output.shape[:-1]))
    return operator.name in _THROUGH or (spec_of(operator).view and flat)


def _shrink(graph: Graph, one: _Class) -> bool:
    """Take out what nobody needs; whether anything was."""
    known = ranges(graph)
    needed = np.zeros(one.tensors[0].shape[-1], bool)
    for reader in one.readers:
        x = reader.input(0)
        needed |= _needed(reader, known.get(x.index) or full(x))
    if needed.all():
        return False
    needed[0] |= not needed.any()
    if needed.all():
        return False
    for reader in one.readers:
        _narrow_inputs(graph, reader, needed, known.get(reader.input(0).index) or full(reader.input(0)))
    for maker in one.makers:
        _narrow_outputs(graph, maker, needed, 0)
    for operator in one.through:
        if operator.name == "DEPTHWISE_CONV_2D":
            _narrow_outputs(graph, operator, needed, 3)
    for tensor in one.tensors:
        tensor.shape = (*tensor.shape[:-1], int(needed.sum()))
    return True


def _needed(reader: Operator, given: Range) -> Array:
    """[channels] bool: those that the reader cannot do without."""
    values, _ = operand(reader)
    read = values.reshape(-1, values.shape[-1]).any(axis=0)
    padded = reader.name == "CONV_2D" and window_of(reader, *reader.input(1).shape[1:3]).padded
    # A padded tap is real zero: only a channel that is real zero itself weighs the same everywhere.
    foldable = given.constant & ((given.low == reader.input(0).zero_point) | (not padded))
    needed: Array = read & ~foldable
    return needed


def _narrow_inputs(graph: Graph, reader: Operator, needed: Array, given: Range) -> None:
    """Take the channels out of the reader's weights, their constant share into its bias."""
    w, (values, bias) = reader.input(1), operand(reader)
    share = (
        values.reshape(values.shape[0], -1, values.shape[-1]).sum(axis=1) * np.where(needed, 0, given.low - reader.input(0).zero_point)
    ).sum(axis=1)
    weights = new_tensor(graph, w.name, w.dtype, w.values()[..., needed], w.quantization)
    inputs = [reader.inputs[0], weights, reader.optional(2)]
    if share.any():
        inputs[2] = new_tensor(graph, f"{w.name}_bias", "int32", wrap32(bias + share).astype(np.int32), _bias_quantization(reader))
    reader.inputs = inputs


def _bias_quantization(reader: Operator) -> Quantization | None:
    bias = reader.optional(2)
    return None if bias is None else bias.quantization


def _narrow_outputs(graph: Graph, maker: Operator, needed: Array, axis: int) -> None:
    """Take the channels out of the weights along ``axis``, out of their scales and out of the bias."""
    w, bias = maker.input(1), maker.optional(2)
    weights = new_tensor(graph, w.name, w.dtype, np.compress(needed, w.values(), axis), _kept(w.quantization, needed))
    maker.inputs = [maker.inputs[0], weights, None]
    if bias is not None:
        maker.inputs[2] = new_tensor(graph, bias.name, bias.dtype, bias.values().reshape(-1)[needed], _kept(bias.quantization, needed))
    if "depth_multiplier" in maker.options:
        maker.options = {**maker.options, "depth_multiplier": 1}


def _kept(quantization: Quantization | None, needed: Array) -> Quantization | None:
    if quantization is None or quantization.scale.size == 1:
        return quantization
    return replace(quantization, scale=quantization.scale[needed], zero_point=quantization.zero_point[needed])
