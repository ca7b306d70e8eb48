"""A product with a cache that fills up leaves out what nothing has been written to yet.

A state starts as real 0 and only DYNAMIC_UPDATE_SLICE writes to it: behind the furthest slot that was written since the reset every product
is exactly the output's zero point. REACH keeps that slot in a state of its own, so this holds whatever positions the caller gives.
"""

from __future__ import annotations

import numpy as np

from tinylm.compiler.graph import Graph, Operator, Tensor
from tinylm.compiler.ops.batch_matmul import REACH
from tinylm.compiler.ops.reach import NAME


def run(graph: Graph) -> None:
    for operator in list(graph.operators):
        if operator.name == "BATCH_MATMUL" and len(operator.inputs) == REACH and operator.input(1).dtype == "int8":
            update = graph.producer(operator.input(1))
            axis = len(operator.input(1).shape) - (2 if operator.options.get("adj_y") else 1)
            if update is not None and _fills(graph, update, axis):
                operator.inputs.append(_reach(graph, update, axis))


def _fills(graph: Graph, update: Operator, axis: int) -> bool:
    """Whether the operator writes a part of the axis of a state that starts as real 0."""
    if update.name != "DYNAMIC_UPDATE_SLICE" or update.input(2).dtype != "int32":
        return False
    state, part = update.input(0), update.input(1)
    empty = state.initial is None or bool((state.initial == state.zero_point).all())
    return (state, update.output) in graph.states and empty and part.shape[axis] < state.shape[axis]


def _reach(graph: Graph, update: Operator, axis: int) -> Tensor:
    """How far the axis is written, as a computed tensor; one for all caches that are written at the same place."""
    state, part, index = (update.input(i) for i in range(3))
    options = {"axis": axis, "size": part.shape[axis], "last": state.shape[axis] - part.shape[axis]}
    known = next((one for one in graph.operators if one.name == NAME and one.inputs[1] is index and one.options == options), None)
    if known is not None:
        return known.output
    number = max(tensor.index for tensor in graph.tensors) + 1
    old = Tensor(number, f"{update.output.name}_reach_in", (1,), "int32", initial=np.zeros(1, np.int32))
    new = Tensor(number + 1, f"{update.output.name}_reach", (1,), "int32")
    graph.tensors += [old, new]
    graph.states.append((old, new))
    place = max(operator.index for operator in graph.operators) + 1
    graph.operators.insert(graph.operators.index(update), Operator(place, NAME, [old, index], [new], options))
    return new
