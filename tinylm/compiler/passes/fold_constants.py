"""Operators whose inputs are all constants, or whose outputs depend on shapes only, are computed at build time by their numpy meaning."""

from __future__ import annotations

from tinylm.compiler.graph import Graph
from tinylm.compiler.ops import spec_of


def run(graph: Graph) -> None:
    kept = []
    for operator in graph.operators:
        inputs = [tensor for tensor in operator.inputs if tensor is not None]
        known = inputs and (spec_of(operator).known or all(tensor.constant for tensor in inputs))
        if not known or any(out in graph.results for out in operator.outputs):
            kept.append(operator)
            continue
        values = spec_of(operator).evaluate(operator, [None if t is None else t.data for t in operator.inputs])
        for tensor, value in zip(operator.outputs, values, strict=True):
            tensor.data = value.reshape(tensor.shape)
    graph.operators = kept
