"""SignalFftAutoScale: int16 samples shifted left as far as the largest allows, and the number of bits (TFLM signal/src/fft_auto_scale.cc).

The largest magnitude is kept in int16: -32768 counts as less than all other samples and starts the search anew.
"""

from __future__ import annotations

import numpy as np

from tinylm.compiler.graph import Array, Operator
from tinylm.compiler.lowering import Lowering
from tinylm.compiler.ops.base import Inputs, Spec, given
from tinylm.compiler.ops.signal import ends


def check(operator: Operator) -> None:
    (x,), (y, _) = ends(operator, [("int16", 1)], [("int16", 1), ("int32", 0)])
    if x.shape != y.shape:
        raise operator.refuse(f"has shapes that differ: {x} and {y}.")


def evaluate(operator: Operator, inputs: Inputs) -> list[Array]:
    x, largest = given(inputs, 0), 0
    for value in x.tolist():
        if value > largest:
            largest = value
        elif -value > largest:
            largest = -value if value > -(1 << 15) else value
    bits = 15 - largest.bit_length() if largest > 0 else 0
    return [(x.astype(np.int32) << bits).astype(np.int16), np.array(bits, np.int32)]


def lower(operator: Operator, to: Lowering) -> None:
    x, (y, bits) = operator.input(0), operator.outputs
    to.call("signal_auto_scale", operator, to.place(x), y, bits, x.elements)


SPEC = Spec("CUSTOM:SignalFftAutoScale", check, evaluate, lower, lambda operator: [(0, 0)])
