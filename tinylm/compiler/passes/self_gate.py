"""A value times a function of itself (SiLU: x times its LOGISTIC) is a function of one byte: a table."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tinylm.compiler.graph import Array, Graph, Operator, Tensor
from tinylm.compiler.ops import spec_of
from tinylm.compiler.ops.lookup import NAME
from tinylm.compiler.passes.element import by_element, source
from tinylm.compiler.passes.rewrite import free, new_tensor, only_consumer

_BINARY = ("ADD", "SUB", "MUL")


def run(graph: Graph) -> None:
    for operator in list(graph.operators):
        if operator.name in _BINARY and operator.output.dtype == "int8":
            _match(graph, operator)


def _match(graph: Graph, operator: Operator) -> None:
    a, b, y = operator.input(0), operator.input(1), operator.output
    if a.constant or b.constant or not a.shape == b.shape == y.shape:
        return
    for x, other in ((a, b), (b, a)):
        function = graph.producer(other)
        if function is None or source(function) is not x or only_consumer(graph, other) is not operator or not free(graph, other):
            continue
        values = np.arange(256, dtype=np.uint8).view(np.int8)
        through = by_element(function, values)
        if through is None:
            continue
        entries = new_tensor(graph, f"table_{operator.index}", "uint8", _both(operator, values, through, x is a).view(np.uint8))
        graph.operators[graph.operators.index(operator)] = Operator(operator.index, NAME, [x, entries], [y])
        graph.operators.remove(function)
        return


def _both(operator: Operator, values: Array, through: Array, first: bool) -> Array:
    """What the operator gives for 256 values and the function's values of them."""
    line = values.shape
    ends: list[Tensor | None] = [replace(operator.input(i), shape=line) for i in (0, 1)]
    shadow = replace(operator, inputs=ends, outputs=[replace(operator.output, shape=line)])
    return spec_of(shadow).evaluate(shadow, [values, through] if first else [through, values])[0].reshape(line)
