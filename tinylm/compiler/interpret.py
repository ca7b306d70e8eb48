"""Run a graph by its operators' numpy meaning: slow, exact, every tensor kept."""

from __future__ import annotations

from collections.abc import Mapping

from tinylm.compiler.graph import Array, Graph, Tensor
from tinylm.compiler.ops import spec_of
from tinylm.compiler.passes import variables


def interpret(graph: Graph, inputs: Mapping[Tensor, Array]) -> dict[Tensor, Array]:
    """Values of every tensor, by tensor. inputs: values of the graph's inputs, shaped, and of variables (else their initial ones)."""
    variables.run(graph)
    values: dict[Tensor, Array] = {tensor: tensor.data for tensor in graph.tensors if tensor.data is not None}
    values |= {state: state.initial for state, _ in graph.states if state.initial is not None}
    values |= inputs
    for operator in graph.operators:
        given = [None if tensor is None else values[tensor] for tensor in operator.inputs]
        results = spec_of(operator).evaluate(operator, given)
        values.update({tensor: value.reshape(tensor.shape) for tensor, value in zip(operator.outputs, results, strict=True)})
    return values
