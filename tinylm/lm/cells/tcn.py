"""Dilated causal convolution with a gate (van den Oord et al. 2016, "WaveNet", arXiv 1609.03499; Bai et al. 2018, "An empirical evaluation
of generic convolutional and recurrent networks for sequence modeling", arXiv 1803.01271): two taps, layer l looks 2^l steps back, and after
eight layers 1 it begins anew.

y = tanh(A x + B x[-2^l] + b) sigmoid(C x + D x[-2^l] + d). What is needed again lies in a ring of 2^l rows.
"""

from __future__ import annotations

from typing import Any

from tinylm.lm.cells.base import Ops, Shapes
from tinylm.lm.export import CANDIDATE, GATE, STATE

_FARTHEST = 8


def shapes(dim: int, hidden: int, rank: int) -> Shapes:
    matrices: Shapes = {f"{name}{tap}.w": (hidden, dim) for name in "cz" for tap in ("now", "then")}
    return matrices | {"cnow.b": (hidden,), "znow.b": (hidden,)}


def start(hidden: int) -> dict[str, Any]:
    return {}


def run(ops: Ops, x: Any, layer: int) -> Any:
    before = ops.delayed(x, 1 << layer % _FARTHEST)

    def both(name: str, scale: float) -> Any:
        return ops.add(ops.dense(f"{name}now", x, scale), ops.dense(f"{name}then", before, scale), scale)

    return ops.mul(ops.tanh(both("c", CANDIDATE)), ops.sigmoid(both("z", GATE)), STATE)
