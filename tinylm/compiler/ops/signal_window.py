"""SignalWindow: int16 samples times int16 weights, shifted right, saturated (TFLM signal/src/window.cc). Each frame by all weights."""

from __future__ import annotations

import numpy as np

from tinylm.compiler.graph import Array, Operator
from tinylm.compiler.lowering import Lowering
from tinylm.compiler.ops.base import Inputs, Spec, elementwise_in_place, given
from tinylm.compiler.ops.custom import integers
from tinylm.compiler.ops.signal import ends


def check(operator: Operator) -> None:
    (x, weights), (y,) = ends(operator, [("int16", None), ("int16", 1)], [("int16", None)])
    if x.shape != y.shape or x.elements % weights.elements:
        raise operator.refuse(f"has shapes that do not fit: {x} by {weights} to {y}.")
    _shift(operator)


def _shift(operator: Operator) -> int:
    return integers(operator, shift=(0, 31))["shift"]


def evaluate(operator: Operator, inputs: Inputs) -> list[Array]:
    x, weights = given(inputs, 0), given(inputs, 1)
    products = (x.reshape(-1, weights.size).astype(np.int64) * weights) >> _shift(operator)
    return [np.clip(products, -(1 << 15), (1 << 15) - 1).astype(np.int16).reshape(x.shape)]


def lower(operator: Operator, to: Lowering) -> None:
    x, weights, y = operator.input(0), operator.input(1), operator.output
    frames = x.elements // weights.elements
    to.call("signal_window", operator, to.place(x), to.place(weights), y, frames, weights.elements, _shift(operator))


def _in_place(operator: Operator) -> list[tuple[int, int]]:
    return [(i, out) for i, out in elementwise_in_place(operator) if i == 0]


SPEC = Spec("CUSTOM:SignalWindow", check, evaluate, lower, _in_place)
