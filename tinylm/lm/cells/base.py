"""What a cell is written in: operators that stand for a whole text while training, and for one token in the step graph.

Every tensor has the fixed scale that the cell names (as in ``tinylm.lm.export``), so what training simulates is what the file computes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from tinylm.lm.export import DIFFERENCE, STATE

Shapes = dict[str, tuple[int, ...]]

STREAM = 1 / 32  # of what goes from layer to layer


class Ops(Protocol):
    """Tensors are [..., width]; names are those of the layer's weights."""

    def layer(self, layer: int, source: int, x: Any, cell: Cell) -> Any:
        """x with what a layer adds to it. source: the layer whose weights it has."""

    def dense(self, name: str, x: Any, scale: float) -> Any:
        """W x + b: the weights 'name.w', or 'name.high' and 'name.low'; and 'name.b' where there are such."""

    def vector(self, name: str, scale: float) -> Any:
        """A vector of weights as a tensor of its own."""

    def mixed(self, x: Any) -> Any:
        """x and the three before it, each unit for itself: the weights 'conv.w'."""

    def delayed(self, x: Any, steps: int) -> Any:
        """x of so many steps ago; 0 before the text."""

    def add(self, a: Any, b: Any, scale: float) -> Any:
        """a + b; of one width, or one of them of width 1, here and below."""

    def sub(self, a: Any, b: Any, scale: float) -> Any:
        """a - b."""

    def mul(self, a: Any, b: Any, scale: float) -> Any:
        """a times b, each by each."""

    def sigmoid(self, x: Any) -> Any:
        """Of scale SIGMOID, from 0 on."""

    def tanh(self, x: Any) -> Any:
        """Of scale STATE."""

    def recur(self, step: Callable[..., Any], *inputs: Any) -> Any:
        """h of every step: step(h before it, its part of each input), of scale STATE; h is 0 before the text."""


class Cell(Protocol):
    """One kind of layer. dim: width of what it reads; hidden: of what it says; rank: of factorised matrices, where it has any; layer: its
    number."""

    def shapes(self, dim: int, hidden: int, rank: int) -> Shapes:
        """Of its weights, by name. What ends in '.b' starts as 0, unless ``start`` says otherwise."""

    def start(self, hidden: int) -> Mapping[str, Any]:
        """Weights that start with certain values [hidden] or [1]."""

    def run(self, ops: Ops, x: Any, layer: int) -> Any:
        """[..., hidden] of x [..., dim]."""


def moved(ops: Ops, h: Any, gate: Any, candidate: Any) -> Any:
    """h + gate (candidate - h): where the gate rounds to nothing, h stays bit for bit."""
    return ops.add(h, ops.mul(gate, ops.sub(candidate, h, DIFFERENCE), STATE), STATE)
