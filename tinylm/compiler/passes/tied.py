"""A table whose rows are gathered and that is the weights of a FULLY_CONNECTED, too: embeddings with a tied head."""

from __future__ import annotations

import numpy as np

from tinylm.compiler.graph import Graph, Operator
from tinylm.compiler.ops.embed import NAME, READER
from tinylm.compiler.ops.fused import fused


def run(graph: Graph) -> None:
    readers = [operator for operator in graph.operators if operator.name == "FULLY_CONNECTED" and operator.input(0).dtype == "int8"]
    for at, operator in enumerate(graph.operators):
        reader = next((reader for reader in readers if _shares(operator, reader)), None)
        if reader is not None:
            graph.operators[at] = fused(NAME, [operator.inputs[1]], [operator])
            graph.operators[at].options[READER] = reader


def _shares(operator: Operator, reader: Operator) -> bool:
    """Whether one row is taken from what are the reader's weights."""
    if operator.name != "GATHER" or operator.options.get("axis", 0) or operator.options.get("batch_dims", 0):
        return False
    table, index, weights = operator.input(0), operator.input(1), reader.input(1)
    plain = table.constant and table.dtype == "int8" and weights.dtype in ("int8", "int4") and not index.constant and index.elements == 1
    return plain and len(table.shape) == 2 and weights.zero_point == 0 and np.array_equal(table.values(), weights.values())
