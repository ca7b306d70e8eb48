"""The tables of a recipe that make a trained student smaller, each followed by a training that lets it recover."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
import numpy as np
from numpy.typing import NDArray

from tinylm.errors import InputError
from tinylm.lm.shrink import ranks_for_energy, ranks_for_size, rescaled, shrink
from tinylm.lm.sparsity import Sparsity
from tinylm.lm.student import StudentSpec
from tinylm.lm.training import TrainingSpec
from tinylm.schema import Strict

Weights = dict[str, NDArray[np.float32]]


class Tuning(Strict):
    """The training after a step: what it does not say is as in [training]. quantised: the last part of it, with the integers simulated."""

    steps: int = 800
    learning_rate: float = 2e-3
    warmup: int = 40
    quantised: float = 1.0

    def training(self, whole: TrainingSpec) -> TrainingSpec:
        """The [training] of this step. The share of clean batches goes on where the whole training ended."""
        return msgspec.structs.replace(
            whole,
            steps=self.steps,
            learning_rate=self.learning_rate,
            warmup=self.warmup,
            quantised=self.quantised,
            clean=whole.clean_end,
        )

    def smaller(self, spec: StudentSpec, weights: Mapping[str, NDArray[np.float32]]) -> tuple[StudentSpec, Weights]:
        """The student that this step makes, and the weights it starts with. Raises InputError where it is not smaller."""
        return spec, dict(weights)


class PruneSpec(Tuning, kw_only=True):
    """[prune]: structured. layers: how many units of each recurrent layer stay; the tensors become smaller."""

    layers: tuple[int, ...]

    def smaller(self, spec: StudentSpec, weights: Mapping[str, NDArray[np.float32]]) -> tuple[StudentSpec, Weights]:
        narrow = msgspec.structs.replace(spec, layers=self.layers)
        return narrow, shrink(weights, narrow)


class FactoriseSpec(Tuning):
    """[factorise]: matrices become the product of two. One of: ranks, by name; energy: the share (0 to 1) of each matrix's squared singular
    values that stays; size: how many weights the student may have in all."""

    ranks: dict[str, int] = msgspec.field(default_factory=dict)
    energy: float | None = None
    size: int | None = None

    def smaller(self, spec: StudentSpec, weights: Mapping[str, NDArray[np.float32]]) -> tuple[StudentSpec, Weights]:
        if self.energy is not None:
            ranks = ranks_for_energy(weights, self.energy)
        else:
            ranks = self.ranks if self.size is None else ranks_for_size(weights, self.size)
        if not ranks:
            raise InputError("it factorises nothing: every matrix needs more rank than would save anything.", where="[factorise]")
        low = msgspec.structs.replace(spec, ranks=ranks)
        return low, shrink(weights, low)


class SparsifySpec(Tuning, kw_only=True):
    """[sparsify]: unstructured pruning by size on a schedule. share: of the weights of each matrix that are zero in the end; until: the
    part of the training after which they are; every: training steps between two choices."""

    share: float
    until: float = 0.5
    every: int = 20

    def sparsity(self) -> Sparsity:
        return Sparsity(self.share, 0.0, self.until, self.every)


class QuantiseSpec(Tuning, kw_only=True):
    """[quantise]: the fully connected weights in fewer bits (student.bits)."""

    bits: int

    def smaller(self, spec: StudentSpec, weights: Mapping[str, NDArray[np.float32]]) -> tuple[StudentSpec, Weights]:
        return msgspec.structs.replace(spec, bits=self.bits), rescaled(weights, spec.bits, self.bits)
