"""Where storages lie in the arena: greedy placement in several orders, then a short seeded search; the best is kept.

Two storages that live at the same time are apart, with one exception (after Blacker, Bridges and Hadfield, "Diagonal Memory
Optimisation for Machine Learning on Micro-controllers", 2020): the output of an operator that reads its input in order may be
written over the part of the input that has been read.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tinylm.compiler.graph import Tensor
from tinylm.compiler.lowering import Scratch

ALIGNMENT = 4
_TRIES = 400
_WORK = 400_000  # pairs of storages that the search may look at


@dataclass(frozen=True)
class Overlap:
    """When an output may be written over the input that is being read: the input starts above the output by at least ``distance``
    bytes, and by a multiple of ``multiple``."""

    distance: int
    multiple: int = ALIGNMENT

    @property
    def least(self) -> int:
        """The smallest such distance between two storages."""
        step = math.lcm(self.multiple, ALIGNMENT)
        return -(-max(self.distance, 0) // step) * step

    def allows(self, distance: int) -> bool:
        return distance >= self.distance and distance >= 0 and distance % self.multiple == 0


#: (id of an input's storage, id of the output's) -> when they may overlap
Margins = dict[tuple[int, int], Overlap]


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
        """In time."""
        return self.first <= other.last and other.first <= self.last


def aligned(size: int, alignment: int = ALIGNMENT) -> int:
    return (size + alignment - 1) // alignment * alignment


def place(arena: Sequence[Storage], margins: Margins, peak: int) -> int:
    """Set every offset; return the bytes used. peak: bytes live at once, which is the best there is where nothing may overlap."""
    if not arena:
        return 0
    keys: list[Callable[[Storage], tuple[int, ...]]] = [
        lambda s: (-s.bytes, s.first),
        lambda s: (-(s.last - s.first), -s.bytes),
        lambda s: (s.first, -s.bytes),
        lambda s: (-s.bytes * (s.last - s.first + 1), s.first),
        lambda s: (-s.last, -s.bytes),
        lambda s: (-s.first, -s.bytes),
    ]
    goal = max(storage.bytes for storage in arena) if margins else peak
    best = _Best(goal)
    for key in keys:
        best.offer(sorted(arena, key=key), margins)
    rng = random.Random(0)
    for _ in range(min(_TRIES, _WORK // len(arena) ** 2)):
        if best.used == goal:
            break
        trial = list(best.order)
        for _ in range(rng.choice((1, 1, 2, 3))):
            trial.insert(rng.randrange(len(trial)), trial.pop(rng.randrange(len(trial))))
        best.offer(trial, margins)
    for storage, offset in zip(best.order, best.offsets, strict=True):
        storage.offset = offset
    return best.used


class _Best:
    """The best order so far, with the offsets it gives."""

    def __init__(self, goal: int) -> None:
        self.goal, self.used = goal, 1 << 62
        self.order: list[Storage] = []
        self.offsets: list[int] = []

    def offer(self, order: list[Storage], margins: Margins) -> None:
        used = _first_fit(order, margins)
        if used <= self.used:
            self.used, self.order, self.offsets = used, order, [storage.offset for storage in order]


def _first_fit(order: list[Storage], margins: Margins) -> int:
    """Each storage at the lowest offset where it agrees with all that were placed before it."""
    placed: list[Storage] = []
    for storage in order:
        others = [other for other in placed if other.overlaps(storage)]
        storage.offset = next(offset for offset in _candidates(storage, others, margins) if _agrees(storage, offset, others, margins))
        placed.append(storage)
    return max(storage.offset + storage.bytes for storage in placed)


def _candidates(storage: Storage, others: list[Storage], margins: Margins) -> list[int]:
    offsets = {0} | {other.offset + other.bytes for other in others}
    for other in others:
        if (id(storage), id(other)) in margins:
            offsets.add(other.offset + margins[id(storage), id(other)].least)
        if (id(other), id(storage)) in margins:
            offsets.add(other.offset - margins[id(other), id(storage)].least)
    return sorted(offset for offset in offsets if offset >= 0)


def _agrees(storage: Storage, offset: int, others: list[Storage], margins: Margins) -> bool:
    for other in others:
        if offset + storage.bytes <= other.offset or other.offset + other.bytes <= offset:
            continue
        above, below = margins.get((id(storage), id(other))), margins.get((id(other), id(storage)))
        if not (above and above.allows(offset - other.offset)) and not (below and below.allows(other.offset - offset)):
            return False
    return True
