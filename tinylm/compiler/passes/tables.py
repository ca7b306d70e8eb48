"""Chains of elementwise operators that begin and end in bytes become one table of 256 bytes.

What lies between may be of any type: DEQUANTIZE, a float function, QUANTIZE is one table too, and the floats are gone.
"""

from __future__ import annotations

import numpy as np

from tinylm.compiler.graph import DTYPES, Array, Graph, Operator
from tinylm.compiler.ops.lookup import NAME
from tinylm.compiler.passes.element import by_element, source
from tinylm.compiler.passes.rewrite import free, new_tensor, only_consumer

_BYTES = ("int8", "uint8")
#: Elements from which on a table pays for a single operator that is not one already.
_MANY = 256
_ARITHMETIC = ("ADD", "SUB", "MUL", "DIV", "SQUARED_DIFFERENCE", "MAXIMUM", "MINIMUM", "PRELU")


def run(graph: Graph) -> None:
    for operator in list(graph.operators):
        if operator in graph.operators:
            chain = _chain(graph, operator)
            if len(chain) > 1 or (chain and chain[0].name in _ARITHMETIC and chain[0].output.elements >= _MANY):
                _merge(graph, chain)


def _chain(graph: Graph, first: Operator) -> list[Operator]:
    """The longest chain from bytes to bytes that begins here."""
    x = source(first)
    if x is None or x.dtype not in _BYTES:
        return []
    chain, best = [first], 0
    while True:
        y = chain[-1].output
        best = len(chain) if y.dtype in _BYTES else best
        reader = only_consumer(graph, y)
        if reader is None or not free(graph, y) or source(reader) is not y:
            return chain[:best]
        chain.append(reader)


def _merge(graph: Graph, chain: list[Operator]) -> None:
    x, y = source(chain[0]), chain[-1].output
    assert x is not None
    values: Array = np.arange(256, dtype=np.uint8).view(DTYPES[x.dtype][1])
    for operator in chain:
        found = by_element(operator, values)
        assert found is not None
        values = found
    entries = new_tensor(graph, f"table_{chain[-1].index}", "uint8", values.view(np.uint8))
    graph.operators[graph.operators.index(chain[-1])] = Operator(chain[-1].index, NAME, [x, entries], [y])
    graph.operators = [operator for operator in graph.operators if operator not in chain]
