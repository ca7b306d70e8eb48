"""Attention over a cache: products of queries and keys, masked by position, their softmax, and its product with the values."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tinylm.compiler.graph import Graph, Operator, Tensor
from tinylm.compiler.ops.attention import MOST_SLOTS, NAME
from tinylm.compiler.passes.rewrite import made_by, merge, same_quantization

_LOWEST = -128


def run(graph: Graph) -> None:
    for operator in list(graph.operators):
        if operator.name == "BATCH_MATMUL" and _plain(operator):  # values by dimension or by slot
            _match(graph, operator)


@dataclass
class _Scores:
    """Products of queries and keys. far: by the queries for slots behind ``slot``, if there are any."""

    near: Operator
    far: Operator | None = None
    choice: Operator | None = None
    mask: Operator | None = None


def _match(graph: Graph, mix: Operator) -> None:
    softmax = made_by(graph, mix.input(0), "SOFTMAX")
    masked = made_by(graph, softmax.input(0), "SELECT_V2") if softmax else None
    if softmax is None or masked is None:
        return
    mask, lowest = _mask(graph, masked.input(0)), masked.input(2)
    scores = _scores(graph, masked.input(1))
    if mask is None or scores is None or not (lowest.constant and lowest.elements == 1 and int(lowest.values().reshape(-1)[0]) == _LOWEST):
        return
    query, keys, values = scores.near.input(0), scores.near.input(1), mix.input(1)
    of_far = scores.far.input(0) if scores.far else None
    window, depth = keys.shape[-2:]
    of_values = (depth, window) if mix.options.get("adj_y") else (window, depth)
    if window > MOST_SLOTS or query.shape[:-2] != keys.shape[:-2] or values.shape != (*keys.shape[:-2], *of_values):
        return
    if any(one.input(0).elements != window for one in (mask, scores.mask or mask)):
        return
    slot, position = (_place(scores.mask or mask), _place(mask))
    parts = [part for part in (scores.near, scores.far, scores.choice, masked, softmax, mix) if part is not None]
    shared = [part for part in (scores.mask, mask) if part is not None]
    merge(graph, NAME, [query, of_far, keys, values, slot, position], parts, list(dict.fromkeys(shared)))


def _scores(graph: Graph, tensor: Tensor) -> _Scores | None:
    product = made_by(graph, tensor, "BATCH_MATMUL")
    if product is not None:
        return _Scores(product) if _by_slot(product) else None
    choice = made_by(graph, tensor, "SELECT_V2")
    mask = _mask(graph, choice.input(0)) if choice else None
    if choice is None or mask is None:
        return None
    near, far = (made_by(graph, choice.input(i), "BATCH_MATMUL") for i in (1, 2))
    if near is None or far is None or not _by_slot(near) or not _by_slot(far):
        return None
    alike = all(same_quantization(near.input(i), far.input(i)) for i in (0, 1)) and same_quantization(near.output, far.output)
    same = alike and near.input(1) is far.input(1) and near.input(0).shape == far.input(0).shape
    return _Scores(near, far, choice, mask) if same else None


def _plain(product: Operator) -> bool:
    """int8 of two or three dimensions, the right side computed and its zero point 0."""
    a, b = product.input(0), product.input(1)
    return b.dtype == "int8" and 2 <= len(b.shape) == len(a.shape) <= 3 and not (product.options.get("adj_x") or b.zero_point or b.constant)


def _by_slot(product: Operator) -> bool:
    """A plain product by the transposed right side, without any zero point."""
    return _plain(product) and bool(product.options.get("adj_y")) and not product.input(0).zero_point


def _mask(graph: Graph, tensor: Tensor) -> Operator | None:
    """The comparison of 0, 1, 2, ... with a computed scalar that makes a mask."""
    found = made_by(graph, tensor, "LESS_EQUAL")
    if found is None or found.input(0).dtype != "int32" or found.input(1).constant or found.input(1).elements != 1:
        return None
    counts = found.input(0)
    if not counts.constant or counts.shape[-1] != counts.elements:
        return None
    return found if np.array_equal(counts.values().reshape(-1), np.arange(counts.elements)) else None


def _place(mask: Operator) -> Tensor:
    return mask.input(1)
