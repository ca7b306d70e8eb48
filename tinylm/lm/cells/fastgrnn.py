"""FastGRNN (Kusupati et al. 2018, "FastGRNN: a fast, accurate, stable and tiny kilobyte sized gated recurrent neural network", NeurIPS;
EdgeML): gate and candidate share one product, whose matrices are of low rank.

p = W x + U h, z = sigmoid(p + bz), c = tanh(p + bc), h' = (zeta (1 - z) + nu) c + z h; zeta and nu are numbers from 0 to 1.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tinylm.lm.cells.base import Ops, Shapes
from tinylm.lm.export import GATE, SIGMOID, STATE


def shapes(dim: int, hidden: int, rank: int) -> Shapes:
    low = {"x.low": (rank, dim), "x.high": (hidden, rank), "h.low": (rank, hidden), "h.high": (hidden, rank)}
    return low | {"z.b": (hidden,), "c.b": (hidden,), "zeta": (1,), "nu": (1,)}


def start(hidden: int) -> dict[str, Any]:
    return {"z.b": np.linspace(-1.0, 4.0, hidden), "zeta": np.full(1, 0.9), "nu": np.full(1, 0.02)}


def run(ops: Ops, x: Any, layer: int) -> Any:
    bz, bc = ops.vector("z.b", GATE), ops.vector("c.b", GATE)
    zeta, nu = ops.vector("zeta", SIGMOID), ops.vector("nu", SIGMOID)

    def step(h: Any, of_x: Any) -> Any:
        both = ops.add(of_x, ops.dense("h", h, GATE), GATE)
        z, c = ops.sigmoid(ops.add(both, bz, GATE)), ops.tanh(ops.add(both, bc, GATE))
        new = ops.add(ops.sub(zeta, ops.mul(z, zeta, SIGMOID), SIGMOID), nu, SIGMOID)
        return ops.add(ops.mul(new, c, STATE), ops.mul(z, h, STATE), STATE)

    return ops.recur(step, ops.dense("x", x, GATE))
