"""RMSNorm: int16 values times the inverse root of the sum of their squares, which goes through float32, to int8."""

from __future__ import annotations

from tinylm.compiler.graph import Graph, Operator, Tensor
from tinylm.compiler.ops.base import activation
from tinylm.compiler.ops.rms_norm import NAME
from tinylm.compiler.passes.rewrite import made_by, merge


def run(graph: Graph) -> None:
    for operator in list(graph.operators):
        if operator.name == "QUANTIZE" and operator.output.dtype == "int8":
            _match(graph, operator)


def _match(graph: Graph, last: Operator) -> None:
    product = made_by(graph, last.input(0), "MUL")
    if product is None or product.output.dtype != "int16" or activation(product) != "none":
        return
    for of, by in (product.inputs, product.inputs[::-1]):
        chain = _factor(graph, by)
        if of is None or not chain or of.constant:
            continue
        x = chain[0].input(0)
        if of.shape == x.shape == last.output.shape:
            inputs, weighing = _weighed(graph, of)
            merge(graph, NAME, [x, *inputs], [*weighing, *chain, product, last]) or merge(graph, NAME, [x, of], [*chain, product, last])
            return


def _weighed(graph: Graph, of: Tensor) -> tuple[list[Tensor], list[Operator]]:
    """(values, weights) whose product ``of`` is, and the MUL that makes it; or ([of], []). A weight has two ends of one size: int16 times
    int16 and once more 2 then fits 32 bits."""
    found = made_by(graph, of, "MUL")
    if found is not None and activation(found) == "none":
        for values, weights in (found.inputs, found.inputs[::-1]):
            if values is None or weights is None or values.constant or not weights.constant or values.dtype != "int16":
                continue
            if values.elements == weights.elements == of.elements and weights.values().min() >= -32767:
                return [values, weights], [found]
    return [of], []


def _factor(graph: Graph, tensor: Tensor | None) -> list[Operator]:
    """The operators from the product of a vector with itself to ``tensor``, or none."""
    chain: list[Operator] = []
    for name in ("QUANTIZE", "RSQRT", "ADD", "DEQUANTIZE", "BATCH_MATMUL"):
        found = made_by(graph, tensor, name)
        if found is None or found.output.elements != 1:
            return []
        chain.append(found)
        computed = [t for t in found.inputs if t is not None and not t.constant]
        tensor = computed[0] if computed else None
    quantize, root, more, real, squares = chain
    plain = (
        quantize.output.dtype == "int16"
        and root.output.dtype == "float32"
        and activation(more) == "none"
        and sum(t is not None and t.constant for t in more.inputs) == 1
        and real.input(0).dtype == "int16"
        and squares.input(0) is squares.input(1)
        and bool(squares.options.get("adj_y"))
        and not squares.options.get("adj_x")
        and squares.input(0).elements == squares.input(0).shape[-1]
    )
    return chain[::-1] if plain else []
