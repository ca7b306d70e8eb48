"""Operators whose outputs nobody reads are dropped."""

from __future__ import annotations

from tinylm.compiler.graph import Graph


def run(graph: Graph) -> None:
    wanted = {tensor.index for tensor in graph.results}
    kept = []
    for operator in reversed(graph.operators):
        if any(tensor.index in wanted for tensor in operator.outputs):
            kept.append(operator)
            wanted.update(tensor.index for tensor in operator.inputs if tensor is not None)
    graph.operators = kept[::-1]
