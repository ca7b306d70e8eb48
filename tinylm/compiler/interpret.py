"""Run a graph by its operators' numpy meaning: slow, exact, every tensor kept."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from tinylm.compiler.graph import DTYPES, Array, Graph, Tensor
from tinylm.compiler.ops import spec_of
from tinylm.compiler.passes import variables


def interpret(graph: Graph, inputs: Mapping[Tensor, Array]) -> dict[Tensor, Array]:
    """Values of every tensor, by tensor. inputs: values of the graph's inputs, shaped, and those that variables and states have from
    the invocation before (else their initial ones). Variable tensors come back with their new values."""
    variables.run(graph)
    values: dict[Tensor, Array] = {tensor: initial(tensor) for tensor in graph.variables()}
    values |= {tensor: tensor.data for tensor in graph.tensors if tensor.data is not None}
    values |= {state: state.initial for state, _ in graph.states if state.initial is not None}
    values |= inputs
    for operator in graph.operators:
        given = [None if tensor is None else values[tensor] for tensor in operator.inputs]
        results = spec_of(operator).evaluate(operator, given)
        written = [*operator.outputs, *operator.states]
        values.update({tensor: value.reshape(tensor.shape) for tensor, value in zip(written, results, strict=True)})
    return values


def state_of(graph: Graph, values: Mapping[Tensor, Array]) -> dict[Tensor, Array]:
    """What the next invocation is given of the values of this one: states and variables."""
    return {old: values[new] for old, new in graph.states} | {tensor: values[tensor] for tensor in graph.variables()}


def initial(tensor: Tensor) -> Array:
    """What a variable tensor holds after a reset: real zero (TFLM sets int8 to the zero point and all else to 0)."""
    return np.full(tensor.shape, tensor.zero_point if tensor.dtype == "int8" else 0, DTYPES[tensor.dtype][1])
