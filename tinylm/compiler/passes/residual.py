"""The stream of a transformer: what is added to it has a whole multiple of its scale, so QUANTIZE and ADD lose nothing and become ONTO."""

from __future__ import annotations

import numpy as np

from tinylm.compiler.graph import Graph, Operator
from tinylm.compiler.ops.base import activation
from tinylm.compiler.ops.onto import NAME
from tinylm.compiler.passes.element import by_element
from tinylm.compiler.passes.rewrite import made_by, merge, same_quantization


def run(graph: Graph) -> None:
    for operator in list(graph.operators):
        if operator.name != "ADD" or operator.output.dtype != "int16" or activation(operator) != "none":
            continue
        for x, part in (operator.inputs, operator.inputs[::-1]):
            quantize = made_by(graph, part, "QUANTIZE")
            if x is None or quantize is None or quantize is graph.producer(x) or quantize.input(0).dtype != "int8":
                continue
            factor = _factor(quantize)
            alike = x.shape == quantize.input(0).shape == operator.output.shape
            if factor is None or not alike or not all(same_quantization(x, other) for other in (quantize.output, operator.output)):
                continue
            if merge(graph, NAME, [x, quantize.input(0)], [quantize, operator], factor=factor):
                break


def _factor(quantize: Operator) -> int | None:
    """n where QUANTIZE gives n times every value, else None."""
    values = np.arange(-128, 128)
    found = by_element(quantize, values.astype(np.int8))
    return int(found[129]) if found is not None and np.array_equal(found, int(found[129]) * values) else None
