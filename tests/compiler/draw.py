"""Drawing models with hypothesis: shapes, scales, zero points and data, extremes included."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from hypothesis import strategies as st

from tests.build import Builder
from tests.compiler.batch import Case, random_values

T = TypeVar("T")


@dataclass
class Draw:
    """What a case generator draws from. Every method shrinks towards the simplest."""

    draw: Any

    def int(self, low: int, high: int) -> int:
        return int(self.draw(st.integers(low, high)))

    def bool(self) -> bool:
        return bool(self.draw(st.booleans()))

    def choice(self, options: Sequence[T]) -> T:
        return self.draw(st.sampled_from(list(options)))

    def shape(self, low_rank: int = 1, high_rank: int = 4, most: int = 6) -> tuple[int, ...]:
        return tuple(self.int(1, most) for _ in range(self.int(low_rank, high_rank)))

    def permutation(self, count: int) -> list[int]:
        return list(self.draw(st.permutations(range(count))))

    def scale(self, low: float = 0.002, high: float = 0.5) -> float:
        return float(np.float32(self.draw(st.floats(float(np.float32(low)), float(np.float32(high)), width=32))))

    def zero_point(self, dtype: str = "int8") -> int:
        if dtype not in ("int8", "uint8"):
            return 0
        info = np.iinfo(dtype)
        return self.choice([0, info.min, info.max]) if self.bool() else self.int(info.min, info.max)

    def rng(self) -> np.random.Generator:
        return np.random.default_rng(self.int(0, 1 << 30))

    def values(self, dtype: str, shape: tuple[int, ...]) -> np.ndarray:
        """Random over the full range; sometimes all at one end of it."""
        values = random_values(self.rng(), dtype, shape)
        if dtype in ("int8", "uint8", "int16") and self.int(0, 9) == 9:
            info = np.iinfo(dtype)
            return np.full(shape, self.choice([info.min, info.max]), dtype)
        return values

    def weights(self, shape: tuple[int, ...], bits: int = 8) -> np.ndarray:
        """Symmetric weights, sometimes at their ends."""
        top = (1 << (bits - 1)) - 1
        if self.int(0, 9) == 9:
            return np.full(shape, self.choice([-top, top]), np.int8)
        return self.rng().integers(-top, top + 1, shape).astype(np.int8)

    def activation(self) -> int:
        return self.choice([0, 1, 3, 2])

    def case(self, builder: Builder, invocations: int = 1) -> Case:
        """The finished model with drawn inputs, for one invocation or several."""
        names = {1: "uint8", 3: "uint8", 9: "int8", 7: "int16", 2: "int32", 4: "int64", 0: "float32", 6: "bool", 15: "uint32"}
        ends = [builder.tensors[i] for i in builder.inputs]
        inputs = [[self.values(names[end.type], tuple(end.shape)) for end in ends] for _ in range(invocations)]
        return Case(builder.finish(), inputs[0], inputs[1:])
