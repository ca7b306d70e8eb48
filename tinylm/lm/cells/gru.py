"""GRU (Cho et al. 2014, "Learning phrase representations using RNN encoder-decoder", arXiv 1406.1078), the reset gate behind the product:
z = sigmoid(Wz x + Uz h + bz), r = sigmoid(Wr x + Ur h + br), c = tanh(Wc x + bc + r (Uc h + bu)), h' = h + z (c - h). Six products."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinylm.lm.cells.base import Ops, Shapes, moved
from tinylm.lm.export import CANDIDATE, GATE


def shapes(dim: int, hidden: int, rank: int) -> Shapes:
    of_x: Shapes = {f"{gate}x.{part}": (hidden, dim) if part == "w" else (hidden,) for gate in "zrc" for part in "wb"}
    return of_x | {f"{gate}h.w": (hidden, hidden) for gate in "zrc"} | {"ch.b": (hidden,)}


def start(hidden: int) -> dict[str, Any]:
    return {"zx.b": np.linspace(-4.0, 1.0, hidden)}


def run(ops: Ops, x: Any, layer: int) -> Any:
    def step(h: Any, zx: Any, rx: Any, cx: Any) -> Any:
        z = ops.sigmoid(ops.add(zx, ops.dense("zh", h, GATE), GATE))
        r = ops.sigmoid(ops.add(rx, ops.dense("rh", h, GATE), GATE))
        c = ops.tanh(ops.add(cx, ops.mul(r, ops.dense("ch", h, CANDIDATE), CANDIDATE), CANDIDATE))
        return moved(ops, h, z, c)

    return ops.recur(step, ops.dense("zx", x, GATE), ops.dense("rx", x, GATE), ops.dense("cx", x, CANDIDATE))
