"""Rotary positions: a product with a matrix of 2 x 2 for each frequency, then heads in front of frequencies, become TURN."""

from __future__ import annotations

from tinylm.compiler.graph import Graph, Operator
from tinylm.compiler.ops.moving import constant_ints
from tinylm.compiler.ops.turn import NAME
from tinylm.compiler.passes.rewrite import made_by, merge


def run(graph: Graph) -> None:
    for operator in list(graph.operators):
        if operator.name != "TRANSPOSE" or len(operator.output.shape) != 3 or constant_ints(operator, 1) != [1, 0, 2]:
            continue
        product = made_by(graph, operator.input(0), "BATCH_MATMUL")
        if product is not None and _turns(product):
            merge(graph, NAME, [product.input(0), product.input(1)], [product, operator])


def _turns(product: Operator) -> bool:
    x, matrices, y = product.input(0), product.input(1), product.output
    if x.dtype != "int8" or x.zero_point or matrices.zero_point or y.zero_point:
        return False
    if product.options.get("adj_x") or not product.options.get("adj_y"):
        return False
    return len(x.shape) == 3 and x.shape[2] == 2 and matrices.shape == (x.shape[0], 2, 2)
