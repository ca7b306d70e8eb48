"""A student of cells: x = embedding[token]; every layer adds O cell(x) to x; logits = embedding x + b.

With ``shared`` n, n layers after one another have the same weights (Lan et al. 2020, "ALBERT", arXiv 1909.11942; Liu et al. 2024,
"MobileLLM", arXiv 2402.14905), which the file has once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinylm.bundle import GraphFile, State
from tinylm.lm.cells import CELLS
from tinylm.lm.cells.base import Ops
from tinylm.lm.cells.graph import StepOps
from tinylm.lm.cells.simulated import Simulated
from tinylm.lm.extra import tensorflow
from tinylm.lm.llama import Floats, Weights


@dataclass(frozen=True)
class CellShape:
    """Sizes of a model. hidden: width of a layer's state; rank: of FastGRNN's matrices; window: positions that it is trained on."""

    cell: str
    dim: int
    hidden: int
    layers: int
    shared: int
    rank: int
    vocabulary: int
    window: int

    def weights(self) -> dict[str, tuple[int, ...]]:
        """Shapes of all weights: 'embedding', 'head.b', and of every layer that has its own, l, 'l.name'."""
        of_cell = {**CELLS[self.cell].shapes(self.dim, self.hidden, self.rank), "out.w": (self.dim, self.hidden), "out.b": (self.dim,)}
        shapes = {f"{at}.{name}": shape for at in range(self.layers // self.shared) for name, shape in of_cell.items()}
        return {"embedding": (self.vocabulary, self.dim), **shapes, "head.b": (self.vocabulary,)}


@dataclass(frozen=True)
class CellModel:
    """weights: as ``CellShape.weights`` names them. bits: of the matrices in the file, 8 or 4 (embeddings 8)."""

    shape: CellShape
    weights: Weights
    bits: int = 8

    def logits(self, tokens: Sequence[int]) -> Floats:
        """[n, vocabulary] after each token, in float32. Raises MissingError without TensorFlow."""
        tf = tensorflow()
        found = forward(Simulated(tf, self.shape.hidden, self.weights, None), self.shape, np.array(tokens, np.int32)[None])
        result: Floats = found.numpy()[0]
        return result

    def export(self) -> tuple[bytes, list[State]]:
        """The .tflite of one token, and its states."""
        ops = StepOps(self.shape.hidden, self.weights, self.bits)
        logits = layers(ops, self.shape, ops.embedded())
        return ops.finish(ops.scores(logits))

    def step_graph(self, file: str, states: list[State]) -> GraphFile:
        """The manifest's entry for the graph."""
        return GraphFile(file=file, inputs=["token"], outputs=["logits"], states=states)


def begin(shape: CellShape, seed: int) -> CellModel:
    """Random weights."""
    rng, weights = np.random.default_rng([seed, 2]), Weights()
    known = CELLS[shape.cell].start(shape.hidden)
    for name, size in shape.weights().items():
        own = name.partition(".")[2]
        if own in known:
            value = rng.permutation(known[own])
        elif name.endswith(".b"):
            value = np.zeros(size)
        elif own == "conv.w":
            value = rng.normal(0, 0.3, size)
            value[-1] += 1
        elif name == "embedding":
            value = rng.normal(0, 0.3, size)
        else:
            value = rng.normal(0, (1 / shape.layers if own == "out.w" else 2.0) / np.sqrt(size[-1]), size)
        weights[name] = np.asarray(value, np.float32)
    return CellModel(shape, weights)


def layers(ops: Ops, shape: CellShape, x: Any) -> Any:
    """The stream after the last layer."""
    for layer in range(shape.layers):
        x = ops.layer(layer, layer // shape.shared, x, CELLS[shape.cell])
    return x


def forward(ops: Simulated, shape: CellShape, tokens: Any) -> Any:
    """[batch, n, vocabulary] of tokens [batch, n]."""
    return ops.scores(layers(ops, shape, ops.embedded(tokens)))
