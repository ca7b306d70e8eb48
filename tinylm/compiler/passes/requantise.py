"""QUANTIZE that changes nothing is dropped, and so is a DEQUANTIZE or QUANTIZE pair that is the identity on every value."""

from __future__ import annotations

import numpy as np

from tinylm.compiler.graph import DTYPES, Graph, Operator
from tinylm.compiler.passes.element import by_element, source
from tinylm.compiler.passes.rewrite import free, remove, same_quantization

_WHOLE = {"int8": 8, "uint8": 8, "int16": 16}


def run(graph: Graph) -> None:
    for operator in list(graph.operators):
        if operator.name == "QUANTIZE" and not _drop_pair(graph, operator) and _is_identity([operator]):
            remove(graph, operator)


def _drop_pair(graph: Graph, second: Operator) -> bool:
    """Read the value from before the pair where the pair gives it back. The first of it stays while others read it."""
    middle = second.input(0)
    first = graph.producer(middle)
    if first is None or first.name not in ("DEQUANTIZE", "QUANTIZE") or not free(graph, middle) or not _is_identity([first, second]):
        return False
    second.inputs[0] = first.input(0)
    if not remove(graph, second):
        second.inputs[0] = middle
        return False
    if not list(graph.consumers(middle)):
        graph.operators.remove(first)
    return True


def _is_identity(chain: list[Operator]) -> bool:
    """Whether integers come out as they went in, in type, meaning and value. Looked at for every value of the type."""
    x, y = chain[0].input(0), chain[-1].output
    if x.dtype not in _WHOLE or not same_quantization(x, y) or x.shape != y.shape or source(chain[0]) is None:
        return False
    values = np.arange(1 << _WHOLE[x.dtype], dtype=f"uint{_WHOLE[x.dtype]}").view(DTYPES[x.dtype][1])
    result = values
    for operator in chain:
        found = by_element(operator, result)
        if found is None:
            return False
        result = found
    return bool(np.array_equal(result, values))
