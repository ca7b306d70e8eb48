"""A gated recurrent unit's new state h + z (c - h), for cores that have a kernel for it: one pass over the data for five."""

from __future__ import annotations

from tinylm.compiler.graph import Graph, Operator, Tensor
from tinylm.compiler.ops.gate import NAME, gate_of
from tinylm.compiler.passes.element import source
from tinylm.compiler.passes.rewrite import made_by, merge


def run(graph: Graph) -> None:
    for operator in list(graph.operators):
        if operator.name == "ADD" and operator.output.dtype == "int8":
            _match(graph, operator)


def _match(graph: Graph, total: Operator) -> None:
    for h, change in (total.inputs, total.inputs[::-1]):
        product = made_by(graph, change, "MUL")
        if h is None or product is None:
            continue
        for z, distance in (product.inputs, product.inputs[::-1]):
            difference = made_by(graph, distance, "SUB")
            if z is None or difference is None or difference.inputs[1] is not h:
                continue
            of_z, of_c = _function(graph, z), _function(graph, difference.input(0))
            if of_z is None or of_c is None or of_z is of_c or not _alike(total, product, difference, of_z, of_c):
                continue
            if gate_of(difference, product, total, z) is not None:
                ends = [source(of_z), source(of_c), h]
                merge(graph, NAME, ends, [of_z, of_c, difference, product, total])
                return


def _function(graph: Graph, tensor: Tensor) -> Operator | None:
    """What makes the tensor byte by byte from one other."""
    found = graph.producer(tensor)
    x = None if found is None else source(found)
    return found if x is not None and x.dtype == "int8" else None


def _alike(*operators: Operator) -> bool:
    """Whether all they read and make is int8 of one shape."""
    tensors = [tensor for operator in operators for tensor in [*operator.outputs, *operator.inputs] if tensor is not None]
    shape = operators[0].output.shape
    return all(tensor.dtype == "int8" and tensor.shape == shape for tensor in tensors if not tensor.constant)
