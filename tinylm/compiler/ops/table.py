"""Operators on one int8 tensor, element by element, become a 256-entry table made at build time from their numpy meaning."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tinylm.compiler.graph import Array, Operator
from tinylm.compiler.lowering import Lowering
from tinylm.compiler.ops.base import Inputs, Spec, elementwise_in_place, given

#: int64 values of the input less its zero point -> int8 values
Meaning = Callable[[Operator, Array], Array]


def table(operator: Operator, meaning: Meaning) -> Array:
    """[256] int8, indexed by the input's bit pattern as uint8."""
    values = np.arange(256, dtype=np.uint8).view(np.int8).astype(np.int64)
    return meaning(operator, values - operator.input(0).zero_point).astype(np.int8)


def table_spec(name: str, check: Callable[[Operator], None], meaning: Meaning) -> Spec:
    """The Spec of an int8 elementwise operator whose meaning on 256 values is all there is to know."""

    def evaluate(operator: Operator, inputs: Inputs) -> list[Array]:
        return [table(operator, meaning)[given(inputs, 0).view(np.uint8)].reshape(operator.output.shape)]

    def lower(operator: Operator, to: Lowering) -> None:
        x, y = operator.input(0), operator.output
        entries = to.constant(f"{name.lower()}_table_{operator.index}", table(operator, meaning))
        to.call("lookup_s8", operator, entries, x, y, y.elements)

    return Spec(name, check, evaluate, lower, elementwise_in_place)
