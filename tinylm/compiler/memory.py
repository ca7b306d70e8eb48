"""The arena plan: which tensors share storage, and where each storage lies.

Storage is shared by views (reshape), by operators that may work in place, and by a state's input and output. Offsets are
found by several greedy orders; the best is kept and compared with the peak of live bytes, the lower bound.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tinylm.compiler.graph import Graph, Operator, Tensor
from tinylm.compiler.lowering import Scratch
from tinylm.compiler.ops.base import Spec

ALIGNMENT = 4

SpecOf = Callable[[Operator], Spec]


def aligned(size: int) -> int:
    return (size + ALIGNMENT - 1) // ALIGNMENT * ALIGNMENT


@dataclass(eq=False)
class Storage:
    """Bytes that one or more tensors (or one scratch) use from operator ``first`` to operator ``last``, both included."""

    tensors: list[Tensor]
    bytes: int
    first: int
    last: int
    state: bool = False
    scratch: Scratch | None = None
    offset: int = 0

    def overlaps(self, other: Storage) -> bool:
        return self.first <= other.last and other.first <= self.last


@dataclass
class Plan:
    """arena_bytes: as planned; lower_bound: the live-byte peak; peak_operator: index of the operator where it is reached."""

    storages: list[Storage]
    arena_bytes: int
    state_bytes: int
    lower_bound: int
    peak_operator: int
    copies: list[tuple[Tensor, Tensor]] = field(default_factory=list)

    def of(self, tensor: Tensor) -> Storage:
        return next(storage for storage in self.storages if tensor in storage.tensors)

    def scratch(self, scratch: Scratch) -> Storage:
        return next(storage for storage in self.storages if storage.scratch is scratch)


class Sharing:
    """Decides which tensors share storage. order: operators as they run; time -1 is before the first, len(order) after the last."""

    def __init__(self, graph: Graph, order: Sequence[Operator], states: Sequence[tuple[Tensor, Tensor]], spec_of: SpecOf) -> None:
        self.time = {operator.index: position for position, operator in enumerate(order)}
        self.end = len(order)
        self.copies: list[tuple[Tensor, Tensor]] = []
        self._storage: dict[int, Storage] = {}
        self._make(graph, order, [source for source, _ in states])
        for source, result in states:
            self._share_state(source, result, graph, order, spec_of)
        for operator in order:
            self._share_in_place(operator, spec_of(operator))

    @property
    def storages(self) -> list[Storage]:
        return list({id(storage): storage for storage in self._storage.values()}.values())

    def same(self, a: Tensor, b: Tensor) -> bool:
        return a.index in self._storage and self._storage[a.index] is self._storage.get(b.index)

    def _make(self, graph: Graph, order: Sequence[Operator], states: Sequence[Tensor]) -> None:
        def use(tensor: Tensor, time: int) -> None:
            if tensor.constant:
                return
            storage = self._storage.setdefault(tensor.index, Storage([tensor], aligned(tensor.bytes), time, time))
            storage.first, storage.last = min(storage.first, time), max(storage.last, time)

        for tensor in [*graph.inputs, *states]:
            use(tensor, -1)
            self._storage[tensor.index].state = tensor in states
        for time, operator in enumerate(order):
            for tensor in [*filter(None, operator.inputs), *operator.outputs]:
                use(tensor, time)
        for tensor in graph.results:
            use(tensor, self.end)

    def _merge(self, keep: Storage, other: Storage) -> None:
        keep.tensors += other.tensors
        keep.bytes = max(keep.bytes, other.bytes)
        keep.first, keep.last = min(keep.first, other.first), max(keep.last, other.last)
        for tensor in other.tensors:
            self._storage[tensor.index] = keep

    def _share_state(self, source: Tensor, result: Tensor, graph: Graph, order: Sequence[Operator], spec_of: SpecOf) -> None:
        """The new state is written over the old one where nothing reads the old one any more; else it is copied at the end."""
        old, new = self._storage[source.index], self._storage.get(result.index)
        producer = next((operator for operator in order if result in operator.outputs), None)
        if new is old:
            return
        if new is None or new.state or producer is None or not self._ends_at(old, producer, result, spec_of(producer)):
            self.copies.append((result, source))
            return
        self._merge(old, new)

    def _ends_at(self, storage: Storage, operator: Operator, result: Tensor, spec: Spec) -> bool:
        """Whether ``storage`` may be overwritten by ``operator`` writing ``result``."""
        time = self.time[operator.index]
        if storage.last != time:
            return storage.last < time
        read = [i for i, tensor in enumerate(operator.inputs) if tensor in storage.tensors]
        allowed = set(_sharing_pairs(operator, spec))
        return all((i, operator.outputs.index(result)) in allowed for i in read)

    def _share_in_place(self, operator: Operator, spec: Spec) -> None:
        for i, o in _sharing_pairs(operator, spec):
            x, y = operator.inputs[i], operator.outputs[o]
            if x is None or x.constant or self.same(x, y):
                continue
            old, new = self._storage[x.index], self._storage[y.index]
            # A view never changes its bytes, so the input may live on; in place, this has to be the input's last use.
            free = spec.view or self._ends_at(old, operator, y, spec)
            if free and not old.state and not new.state and old.bytes >= new.bytes:
                self._merge(old, new)
                return


def _sharing_pairs(operator: Operator, spec: Spec) -> list[tuple[int, int]]:
    return [(0, 0)] if spec.view else spec.in_place(operator)


def plan(sharing: Sharing, scratches: Mapping[int, Iterable[Scratch]]) -> Plan:
    """Place every storage. scratches: by operator index, what its calls need beside their tensors."""
    storages = sharing.storages
    for index, needed in scratches.items():
        time = sharing.time[index]
        storages += [Storage([], aligned(scratch.bytes), time, time, scratch=scratch) for scratch in needed]
    states = [storage for storage in storages if storage.state]
    state_bytes = 0
    for storage in states:
        storage.offset = state_bytes
        state_bytes += storage.bytes
    arena = [storage for storage in storages if not storage.state]
    live = [sum(s.bytes for s in arena if s.first <= time <= s.last) for time in range(-1, sharing.end + 1)]
    bound = max(live)
    return Plan(storages, _place(arena, bound), state_bytes, bound, live.index(bound) - 1, sharing.copies)


def _place(arena: list[Storage], bound: int) -> int:
    """Set every offset; return the bytes used. Tries orders until one reaches the lower bound."""
    orders: list[Callable[[Storage], tuple[int, ...]]] = [
        lambda s: (-s.bytes, s.first),
        lambda s: (-(s.last - s.first), -s.bytes),
        lambda s: (s.first, -s.bytes),
        lambda s: (-s.bytes * (s.last - s.first + 1), s.first),
        lambda s: (-s.last, -s.bytes),
    ]
    best: tuple[int, list[int]] | None = None
    for order in orders:
        used = _greedy(sorted(arena, key=order))
        if best is None or used < best[0]:
            best = used, [storage.offset for storage in arena]
        if used == bound:
            break
    assert best is not None
    for storage, offset in zip(arena, best[1], strict=True):
        storage.offset = offset
    return best[0]


def _greedy(ordered: list[Storage]) -> int:
    """First fit: each storage at the lowest offset where it meets nothing that lives at the same time."""
    placed: list[Storage] = []
    for storage in ordered:
        offset = 0
        for other in sorted((p for p in placed if p.overlaps(storage)), key=lambda p: p.offset):
            if other.offset - offset >= storage.bytes:
                break
            offset = max(offset, other.offset + other.bytes)
        storage.offset = offset
        placed.append(storage)
    return max((storage.offset + storage.bytes for storage in placed), default=0)
