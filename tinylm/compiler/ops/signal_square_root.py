"""SignalFilterBankSquareRoot: rounded square roots of uint64 values, shifted right (TFLM signal/src/square_root_64.cc).

A root is not rounded up where it would pass 16 bits for a value below 2^32, or 32 bits for any.
"""

from __future__ import annotations

import math

import numpy as np

from tinylm.compiler.graph import Array, Operator
from tinylm.compiler.lowering import Lowering
from tinylm.compiler.ops.base import Inputs, Spec, given
from tinylm.compiler.ops.signal import ends


def check(operator: Operator) -> None:
    (x, _), (y,) = ends(operator, [("uint64", 1), ("int32", 0)], [("uint32", 1)])
    if x.shape != y.shape:
        raise operator.refuse(f"has shapes that differ: {x} and {y}.")


def _root(x: int) -> int:
    root = math.isqrt(x)
    most = (1 << 16 if x < 1 << 32 else 1 << 32) - 1
    return root + 1 if x - root * root > root and root != most else root


def evaluate(operator: Operator, inputs: Inputs) -> list[Array]:
    bits = int(given(inputs, 1).reshape(-1)[0]) & 31
    return [np.array([_root(x) >> bits for x in given(inputs, 0).tolist()], np.uint32)]


def lower(operator: Operator, to: Lowering) -> None:
    x, bits, y = operator.input(0), operator.input(1), operator.output
    to.call("signal_square_root", operator, to.place(x), to.place(bits), y, x.elements)


SPEC = Spec("CUSTOM:SignalFilterBankSquareRoot", check, evaluate, lower)
