"""RELU, RELU6 and other clamps after an operator that can clamp its own output.

Exact where the activation does no more than clamp: its meaning on all 256 values (or its name, for float32) is looked at, not assumed.
"""

from __future__ import annotations

import numpy as np

from tinylm.compiler.graph import Graph, Operator
from tinylm.compiler.ops.base import ACTIVATIONS, activation_range
from tinylm.compiler.passes.element import by_element
from tinylm.compiler.passes.rewrite import free, only_consumer, same_quantization

_FUSED = "fused_activation_function"
_CODES = {name: code for code, name in ACTIVATIONS.items()}
_PRODUCERS = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "ADD", "SUB", "MUL", "AVERAGE_POOL_2D", "MAX_POOL_2D")


def run(graph: Graph) -> None:
    for operator in list(graph.operators):
        if operator.name not in ("RELU", "RELU6"):
            continue
        x, y = operator.input(0), operator.output
        producer = graph.producer(x)
        if producer is None or producer.name not in _PRODUCERS or not free(graph, x) or only_consumer(graph, x) is not operator:
            continue
        fused = {**producer.options, _FUSED: _CODES[operator.name]}
        # RELU is wider than RELU6; nothing else may be clamped twice.
        before = ACTIVATIONS.get(producer.options.get(_FUSED, 0))
        if (before == "none" or (before == "RELU" and operator.name == "RELU6")) and _clamps(operator, fused):
            producer.options, producer.outputs = fused, [y]
            graph.operators.remove(operator)


def _clamps(operator: Operator, fused: dict[str, object]) -> bool:
    """Whether the operator does what the fused activation does."""
    x, y = operator.input(0), operator.output
    if x.dtype == y.dtype == "float32":
        return True
    if x.dtype != "int8" or not same_quantization(x, y):
        return False
    values = np.arange(-128, 128)
    found = by_element(operator, values.astype(np.int8))
    return found is not None and np.array_equal(found, np.clip(values, *activation_range(Operator(0, "CONV_2D", [x], [y], fused), y)))
