"""The case generators without hypothesis: one seed, one model. For fuzzing and for batches that nobody has to shrink."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TypeVar

import numpy as np

from tests.compiler.batch import Case
from tests.compiler.cases import GENERATORS
from tests.compiler.draw import Draw

T = TypeVar("T")


class Rolled(Draw):
    """Draws from a seeded generator."""

    def __init__(self, seed: int | str) -> None:
        super().__init__(None)
        self._random = random.Random(seed)

    def int(self, low: int, high: int) -> int:
        return self._random.randint(low, high)

    def bool(self) -> bool:
        return self._random.random() < 0.5

    def choice(self, options: Sequence[T]) -> T:
        return self._random.choice(list(options))

    def permutation(self, count: int) -> list[int]:
        return self._random.sample(range(count), count)

    def scale(self, low: float = 0.002, high: float = 0.5) -> float:
        return float(np.float32(self._random.uniform(low, high)))


def rolled(name: str, seed: int) -> Case:
    """Case number ``seed`` of an operator."""
    return GENERATORS[name](Rolled(f"{name} {seed}"))
