"""Students of text as training sees them: variables, scores of many texts at once, and the model that the variables make."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np

from tinylm.lm.cells.model import CellModel, forward
from tinylm.lm.cells.simulated import Simulated
from tinylm.lm.llama import STEP, Llama, Weights
from tinylm.lm.llama_export import MATRICES
from tinylm.lm.llama_graph import Graph
from tinylm.lm.llama_qat import rounded
from tinylm.lm.llama_quantise import weight_scale


class Learner(Protocol):
    """simulates: whether its scores can have the device's integers simulated."""

    @property
    def simulates(self) -> bool: ...

    @property
    def student(self) -> Llama | CellModel:
        """As it starts."""

    @property
    def kind(self) -> tuple[object, ...]:
        """What tells it from others with such weights."""

    def start(self) -> Weights:
        """What the training changes, by name."""

    def scores(self, tf: Any, variables: Mapping[str, Any], tokens: Any, quantised: bool) -> Any:
        """[batch, n, vocabulary] of tokens [batch, n]. quantised: with the device's integers simulated, where training does so."""

    def model(self, weights: Weights) -> Llama | CellModel:
        """The student with these weights."""


@dataclass(frozen=True)
class OfLlama:
    """shared: so many layers after one another have the same weights. bits: of the matrices; below 8 they are rounded from the first step
    on, each with one scale that is learned (LSQ: Esser et al. 2020)."""

    student: Llama
    shared: int = 1
    bits: int = 8
    simulates: bool = False

    @property
    def kind(self) -> tuple[object, ...]:
        return self.student.shape, self.shared, self.bits

    def start(self) -> Weights:
        every = {name: value[:: self.shared] if _stacked(name) else value for name, value in self.student.weights.items()}
        if self.bits < 8:
            every |= {name + STEP: np.log(self._scales(every[name])) for name in MATRICES.values()}
        return every

    def _scales(self, matrices: Any) -> Any:
        return np.array([weight_scale(matrix, self.bits) for matrix in matrices], np.float32)

    def scores(self, tf: Any, variables: Mapping[str, Any], tokens: Any, quantised: bool) -> Any:
        most = (1 << (self.bits - 1)) - 1
        held = {name: rounded(tf, value, variables.get(name + STEP), most) for name, value in variables.items() if not name.endswith(STEP)}
        if self.shared > 1:
            held = {name: tf.repeat(value, self.shared, axis=0) if _stacked(name) else value for name, value in held.items()}
        return Graph(tf, self.student).logits(held, tokens)

    def model(self, weights: Weights) -> Llama:
        """Of few bits: with its matrices rounded, and their steps beside them."""
        most, made = (1 << (self.bits - 1)) - 1, dict(weights)
        for name in MATRICES.values() if self.bits < 8 else ():
            made[name + STEP] = np.exp(weights[name + STEP])
            unit = made[name + STEP][:, None, None]
            made[name] = np.clip(np.round(weights[name] / unit), -most - 1, most) * unit
        return replace(self.student, weights={name: np.repeat(v, self.shared, 0) if _stacked(name) else v for name, v in made.items()})


@dataclass(frozen=True)
class OfCells:
    """A student of cells: what it shares is in its shape."""

    student: CellModel
    simulates: bool = True

    @property
    def kind(self) -> tuple[object, ...]:
        return self.student.shape, self.student.bits

    def start(self) -> Weights:
        return self.student.weights

    def scores(self, tf: Any, variables: Mapping[str, Any], tokens: Any, quantised: bool) -> Any:
        shape = self.student.shape
        return forward(Simulated(tf, shape.hidden, variables, self.student.bits if quantised else None), shape, tokens)

    def model(self, weights: Weights) -> CellModel:
        return replace(self.student, weights=weights)


def _stacked(name: str) -> bool:
    """Whether the weights of all layers lie in one tensor."""
    return name.removesuffix(STEP) not in ("embedding", "head", "norm")
