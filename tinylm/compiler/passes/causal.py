"""A causal convolution step by step: earlier values (a state) and this one side by side, their depthwise convolution at one place, and the
values without the first as the next state become CAUSAL, for cores that have a kernel for it."""

from __future__ import annotations

import numpy as np

from tinylm.compiler.graph import Graph, Operator, Tensor
from tinylm.compiler.ops import spec_of
from tinylm.compiler.ops.base import given
from tinylm.compiler.ops.causal import NAME, rows_of, takes
from tinylm.compiler.ops.fused import fused
from tinylm.compiler.passes.rewrite import free, made_by, same_quantization


def run(graph: Graph) -> None:
    for operator in list(graph.operators):
        if operator.name == "DEPTHWISE_CONV_2D":
            _match(graph, operator)


def _match(graph: Graph, convolution: Operator) -> None:
    row = convolution.input(0)
    join = made_by(graph, row, "CONCATENATION")
    if join is None or len(join.inputs) != 2 or not free(graph, row):
        return
    move = [reader for reader in graph.consumers(row) if reader is not convolution]
    old, now = join.input(0), join.input(1)
    if len(move) != 1 or not _whole(convolution, now) or not all(same_quantization(one, row) for one in (old, now)):
        return
    if not _moves_on(move[0], row, old) or list(graph.consumers(move[0].output)) or not takes(rows_of(convolution)):
        return
    parts = [join, move[0], convolution]
    view = made_by(graph, now, "RESHAPE")
    if view is not None:  # a state's bytes would be copied for it
        now, parts = view.input(0), [view, *parts]
    whole = fused(NAME, [old, now], parts)
    whole.outputs.append(move[0].output)
    graph.operators[graph.operators.index(convolution)] = whole
    graph.operators = [operator for operator in graph.operators if operator not in (join, move[0])]
    if view is not None and free(graph, view.output) and not list(graph.consumers(view.output)):
        graph.operators.remove(view)


def _whole(convolution: Operator, now: Tensor) -> bool:
    """Whether its taps lie on all of an int8 row, one each, and now is the last column."""
    x, w, y = convolution.input(0), convolution.input(1), convolution.output
    plain = x.dtype == "int8" and w.dtype in ("int8", "int4") and x.shape[3] == y.shape[3]
    return plain and x.shape[0] == 1 and y.elements == y.shape[3] == now.elements and w.shape[1:3] == x.shape[1:3] and 1 in x.shape[1:3]


def _moves_on(move: Operator, row: Tensor, old: Tensor) -> bool:
    """Whether it gives the row without its first column."""
    if move.name not in ("SLICE", "STRIDED_SLICE") or move.output.shape != old.shape:
        return False
    columns = np.arange(row.elements // row.shape[3], dtype=np.int64)
    values = np.broadcast_to(columns[:, None], (columns.size, row.shape[3])).astype(np.int8)
    read = [values.reshape(row.shape), *(tensor.values() if tensor is not None and tensor.constant else None for tensor in move.inputs[1:])]
    moved = given(spec_of(move).evaluate(move, read), 0)
    return columns.size < 128 and all(one is not None for one in read) and np.array_equal(moved.reshape(-1, row.shape[3]), values[1:])
