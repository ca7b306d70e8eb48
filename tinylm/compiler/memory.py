"""The arena plan: which tensors share storage, and where each storage lies.

Storage is shared by views (reshape), by operators that may work in place, and by a state's input and output. placement.py finds the
offsets; there an operator's output may overlap the input that dies with it, so that the plan can lie below the peak of live bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tinylm.compiler.graph import Graph, Operator, Tensor
from tinylm.compiler.lowering import Scratch
from tinylm.compiler.ops.base import Spec
from tinylm.compiler.placement import ALIGNMENT, Margins, Storage, aligned, place

SpecOf = Callable[[Operator], Spec]


@dataclass
class Plan:
    """arena_bytes: as planned. live_peak: bytes of all tensors that live at once, reached at operator peak_operator; a plan that
    overlaps tensors can lie below it."""

    storages: list[Storage]
    arena_bytes: int
    state_bytes: int
    live_peak: int
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
        # No core needs more than words for what it loads; C wants 64-bit values on 8 bytes.
        self.alignment = 8 if any(tensor.dtype == "int64" for tensor in graph.tensors if not tensor.constant) else ALIGNMENT
        self._storage: dict[int, Storage] = {}
        self._make(graph, order, [source for source, _ in states])
        for source, result in states:
            self._share_state(source, result, graph, order, spec_of)
        for operator in order:
            self._share_in_place(operator, spec_of(operator))

    @property
    def storages(self) -> list[Storage]:
        return list({id(storage): storage for storage in self._storage.values()}.values())

    def storage(self, tensor: Tensor) -> Storage:
        return self._storage[tensor.index]

    def same(self, a: Tensor, b: Tensor) -> bool:
        return a.index in self._storage and self._storage[a.index] is self._storage.get(b.index)

    def _make(self, graph: Graph, order: Sequence[Operator], states: Sequence[Tensor]) -> None:
        def use(tensor: Tensor, time: int) -> None:
            if tensor.constant:
                return
            storage = self._storage.setdefault(tensor.index, Storage([tensor], aligned(tensor.bytes, self.alignment), time, time))
            storage.first, storage.last = min(storage.first, time), max(storage.last, time)
            # A variable tensor keeps its value from one invocation to the next.
            storage.state = storage.state or tensor.variable or tensor in states

        for tensor in [*graph.inputs, *states]:
            use(tensor, -1)
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


def plan(sharing: Sharing, scratches: Mapping[int, Iterable[Scratch]], order: Sequence[Operator], spec_of: SpecOf) -> Plan:
    """Place every storage. scratches: by operator index, what its calls need beside their tensors."""
    storages = sharing.storages
    for index, needed in scratches.items():
        time = sharing.time[index]
        for scratch in needed:
            kept = next((storage for storage in storages if storage.scratch is scratch), None)
            if kept is None:
                storages.append(Storage([], aligned(scratch.bytes, sharing.alignment), time, time, scratch=scratch))
            else:
                kept.first, kept.last = min(kept.first, time), max(kept.last, time)
    states = [storage for storage in storages if storage.state]
    state_bytes = 0
    for storage in states:
        storage.offset = state_bytes
        state_bytes += storage.bytes
    arena = [storage for storage in storages if not storage.state]
    live = [sum(s.bytes for s in arena if s.first <= time <= s.last) for time in range(-1, sharing.end + 1)]
    peak = max(live)
    return Plan(storages, place(arena, _margins(sharing, order, spec_of), peak), state_bytes, peak, live.index(peak) - 1, sharing.copies)


def _margins(sharing: Sharing, order: Sequence[Operator], spec_of: SpecOf) -> Margins:
    """Pairs (input, output) of operators that may write their output over the input they are reading."""
    margins: Margins = {}
    if sharing.alignment != ALIGNMENT:
        return margins
    for time, operator in enumerate(order):
        margin = spec_of(operator).overlap(operator)
        x = operator.inputs[0] if operator.inputs else None
        if margin is None or x is None or x.constant:
            continue
        old, new = sharing.storage(x), sharing.storage(operator.output)
        once = sum(tensor in old.tensors for tensor in operator.inputs if tensor is not None) == 1
        if old is not new and old.last == time == new.first and once and not (old.state or new.state):
            margins[id(old), id(new)] = margin
    return margins
