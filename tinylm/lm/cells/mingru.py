"""minGRU (Feng et al. 2024, "Were RNNs all we needed?", arXiv 2410.01201) behind a causal depthwise convolution of four steps:
z = sigmoid(Wz x + bz), c = tanh(Wc x + bc), h' = h + z (c - h). The gate does not see the state: two products."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinylm.lm.cells.base import Ops, Shapes, moved
from tinylm.lm.export import CANDIDATE, GATE, TAPS


def shapes(dim: int, hidden: int, rank: int) -> Shapes:
    return {"conv.w": (TAPS, dim), "z.w": (hidden, dim), "z.b": (hidden,), "c.w": (hidden, dim), "c.b": (hidden,)}


def start(hidden: int) -> dict[str, Any]:
    return {"z.b": np.linspace(-4.0, 1.0, hidden)}  # units forget at different speeds


def run(ops: Ops, x: Any, layer: int) -> Any:
    x = ops.mixed(x)
    z, c = ops.sigmoid(ops.dense("z", x, GATE)), ops.tanh(ops.dense("c", x, CANDIDATE))
    return ops.recur(lambda h, z, c: moved(ops, h, z, c), z, c)
