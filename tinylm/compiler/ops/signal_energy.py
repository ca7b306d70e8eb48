"""SignalEnergy: squared magnitude of int16 complex values, those from start_index up to end_index (TFLM signal/src/energy.cc).

TFLM leaves the other outputs as they are; here they become 0.
"""

from __future__ import annotations

import numpy as np

from tinylm.compiler.graph import Array, Operator
from tinylm.compiler.lowering import Lowering
from tinylm.compiler.ops.base import Inputs, Spec, given
from tinylm.compiler.ops.custom import integers
from tinylm.compiler.ops.signal import ends


def check(operator: Operator) -> None:
    (x,), (y,) = ends(operator, [("int16", 1)], [("uint32", 1)])
    start, end = _bounds(operator)
    if start > end or end > min(x.elements // 2, y.elements):
        raise operator.refuse(f"takes values {start} to {end} of {x} to {y}.")


def _bounds(operator: Operator) -> tuple[int, int]:
    most = (1 << 31) - 1
    found = integers(operator, end_index=(0, most), start_index=(0, most))
    return found["start_index"], found["end_index"]


def evaluate(operator: Operator, inputs: Inputs) -> list[Array]:
    (start, end), y = _bounds(operator), np.zeros(operator.output.shape, np.uint32)
    parts = given(inputs, 0)[2 * start : 2 * end].astype(np.int64).reshape(-1, 2)
    y[start:end] = (parts * parts).sum(axis=1)
    return [y]


def lower(operator: Operator, to: Lowering) -> None:
    x, y = operator.input(0), operator.output
    to.call("signal_energy", operator, to.place(x), y, *_bounds(operator), y.elements)


SPEC = Spec("CUSTOM:SignalEnergy", check, evaluate, lower)
