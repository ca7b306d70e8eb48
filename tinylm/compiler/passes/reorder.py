"""Operators run in the order that needs the least arena, where another order than the file's does.

A beam search over topological orders looks at the bytes that live at once; the planner, which knows what shares and overlaps, decides.
"""

from __future__ import annotations

from dataclasses import dataclass

from tinylm.compiler.graph import Graph, Operator
from tinylm.compiler.memory import Sharing, plan
from tinylm.compiler.ops import spec_of

_BEAM = 24
_MOST = 400  # operators; a longer graph keeps its order


def run(graph: Graph) -> None:
    operators = graph.operators
    if len(operators) > _MOST or not _branches(graph):
        return
    order = _search(graph)
    if _arena(graph, order) < _arena(graph, operators):
        graph.operators = order


def _branches(graph: Graph) -> bool:
    """Whether there is any choice."""
    return any(
        later.inputs and not set(map(id, earlier.outputs)) & set(map(id, later.inputs))
        for earlier, later in zip(graph.operators, graph.operators[1:], strict=False)
    )


def _arena(graph: Graph, order: list[Operator]) -> int:
    return plan(Sharing(graph, order, graph.states, spec_of), {}, order, spec_of).arena_bytes


@dataclass(frozen=True)
class _Trail:
    """A beginning of an order. peak, live: bytes; done: operators by their place in the file."""

    peak: int
    live: int
    order: tuple[int, ...]
    done: frozenset[int]


def _search(graph: Graph) -> list[Operator]:
    operators = graph.operators
    makers = {tensor.index: place for place, operator in enumerate(operators) for tensor in operator.outputs}
    needs = [{makers[t.index] for t in operator.inputs if t is not None and t.index in makers} for operator in operators]
    states = [set(map(id, operator.states)) for operator in operators]
    for place, mine in enumerate(states):  # what keeps state in one variable stays in order
        needs[place] |= {earlier for earlier in range(place) if mine & states[earlier]}
    readers: dict[int, set[int]] = {}
    size: dict[int, int] = {}
    for place, operator in enumerate(operators):
        for tensor in operator.inputs:
            if tensor is not None and not tensor.constant:
                readers.setdefault(tensor.index, set()).add(place)
        size |= {tensor.index: tensor.bytes for tensor in [*filter(None, operator.inputs), *operator.outputs]}
    lasting = {tensor.index for tensor in graph.results}

    def grown(trail: _Trail, place: int) -> _Trail:
        made = sum(size[tensor.index] for tensor in operators[place].outputs)
        done = trail.done | {place}
        over = {t.index for t in operators[place].inputs if t is not None and not t.constant and readers[t.index] <= done} - lasting
        peak = max(trail.peak, trail.live + made)
        return _Trail(peak, trail.live + made - sum(size[index] for index in over), (*trail.order, place), done)

    beam = [_Trail(0, sum(tensor.bytes for tensor in graph.inputs), (), frozenset())]
    for _ in operators:
        found: dict[frozenset[int], _Trail] = {}
        for trail in beam:
            for place in range(len(operators)):
                if place not in trail.done and needs[place] <= trail.done:
                    next_one = grown(trail, place)
                    known = found.get(next_one.done)
                    if known is None or (next_one.peak, next_one.live) < (known.peak, known.live):
                        found[next_one.done] = next_one
        beam = sorted(found.values(), key=lambda trail: (trail.peak, trail.live, trail.order))[:_BEAM]
    return [operators[place] for place in beam[0].order]
