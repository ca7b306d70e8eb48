"""REACH, which no file holds: how far DYNAMIC_UPDATE_SLICE has ever written along an axis, from how far it had and where it writes now."""

from __future__ import annotations

import numpy as np

from tinylm.compiler.graph import Array, Operator
from tinylm.compiler.lowering import Lowering
from tinylm.compiler.ops.base import Inputs, Spec, given

NAME = "REACH"


def evaluate(operator: Operator, inputs: Inputs) -> list[Array]:
    axis, size, last = (operator.options[name] for name in ("axis", "size", "last"))
    start = min(max(int(given(inputs, 1).reshape(-1)[axis]), 0), last)
    return [np.maximum(given(inputs, 0), np.int32(start + size))]


def lower(operator: Operator, to: Lowering) -> None:
    axis, size, last = (operator.options[name] for name in ("axis", "size", "last"))
    to.call("reach", operator, to.place(operator.input(0)), to.at(operator.input(1), 4 * axis), operator.output, size, last)


SPEC = Spec(NAME, lambda operator: None, evaluate, lower, lambda operator: [(0, 0)])
