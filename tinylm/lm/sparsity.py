"""Unstructured pruning: the smallest weights of each matrix are set to zero, more and more of them, while the rest trains on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Sparsity:
    """How many weights are zero when: the share rises from ``first`` to ``share`` over the first ``until`` of the training, fast and then
    slower, and is set anew every ``every`` steps (Zhu and Gupta 2017, "To prune, or not to prune", arXiv 1710.01878; the schedule is
    PolynomialDecay of tensorflow-model-optimization, whose wrappers take Keras layers only and so do not fit a student that simulates
    its integers)."""

    share: float
    first: float = 0.0
    until: float = 0.5
    every: int = 20

    def thins(self, name: str) -> bool:
        """Whether a weight tensor is pruned: the matrices of fully connected layers are."""
        return name.endswith((".w", ".low", ".high")) and not name.endswith(".conv.w")

    def due(self, step: int) -> bool:
        return step % self.every == 0

    def at(self, step: int, steps: int) -> float:
        """The share of zeros at a step of ``steps``."""
        part = min(1.0, step / max(1.0, self.until * steps))
        return self.share + (self.first - self.share) * (1 - part) ** 3

    def mask(self, weight: NDArray[np.float32], step: int, steps: int) -> NDArray[np.float32]:
        """1 where a weight stays, 0 where it goes; of equal ones the first go."""
        order = np.argsort(np.abs(weight).reshape(-1), kind="stable")
        mask = np.ones(weight.size, np.float32)
        mask[order[: round(self.at(step, steps) * weight.size)]] = 0
        return mask.reshape(weight.shape)
