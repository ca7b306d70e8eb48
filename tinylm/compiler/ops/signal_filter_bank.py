"""SignalFilterBank: uint32 energies weighted into overlapping channels, uint64 sums (TFLM signal/src/filter_bank.cc).

Section i runs over channel_widths[i] energies: their products with the weights go to channel i - 1, those with the unweights to
channel i. What would go to channel -1 is dropped.
"""

from __future__ import annotations

import numpy as np

from tinylm.compiler.graph import Array, Operator
from tinylm.compiler.lowering import Lowering, Struct
from tinylm.compiler.ops.base import Inputs, Spec, given
from tinylm.compiler.ops.custom import integers
from tinylm.compiler.ops.signal import ends, expect_length


def check(operator: Operator) -> None:
    given, (y,) = ends(operator, [("uint32", 1), *[("int16", 1)] * 5], [("uint64", 1)])
    x, weights, unweights, *sections = given
    channels = integers(operator, num_channels=(1, (1 << 15) - 1))["num_channels"]
    expect_length(operator, y, channels)
    for tensor in sections:
        if tensor.values().size < channels + 1:
            raise operator.refuse(f"needs {channels + 1} values in {tensor}.")
    taps = min(weights.elements, unweights.elements)
    for frequency, weight, width in zip(*_sections(operator), strict=True):
        if width > 0 and not (0 <= frequency <= x.elements - width and 0 <= weight <= taps - width):
            raise operator.refuse(f"has a channel of {width} energies from {frequency} and weights from {weight}, beyond {x} or {weights}.")


def _sections(operator: Operator) -> tuple[list[int], list[int], list[int]]:
    """Where each section begins, where its weights do, and how many they are."""
    count = operator.output.elements + 1
    frequencies, weights, widths = (operator.input(i).values()[:count].astype(int).tolist() for i in (3, 4, 5))
    return frequencies, weights, widths


def evaluate(operator: Operator, inputs: Inputs) -> list[Array]:
    x, weights, unweights = (given(inputs, i).astype(np.int64).view(np.uint64) for i in range(3))
    sums = np.zeros(operator.output.elements + 2, np.uint64)
    for i, (frequency, weight, width) in enumerate(zip(*_sections(operator), strict=True)):
        if width > 0:
            both = np.stack([weights[weight : weight + width], unweights[weight : weight + width]])
            sums[i : i + 2] += (both * x[frequency : frequency + width]).sum(axis=1, dtype=np.uint64)
    return [sums[1:-1]]


def lower(operator: Operator, to: Lowering) -> None:
    x, weights, unweights = (operator.input(i) for i in range(3))
    triples = np.array(_sections(operator), np.int16).T
    sections = to.constant(f"sections_{operator.index}", triples)
    bank = Struct("tl_signal_bank", {"sections": sections, "channels": operator.output.elements})
    to.call("signal_filter_bank", operator, bank, to.place(x), to.place(weights), to.place(unweights), operator.output)


SPEC = Spec("CUSTOM:SignalFilterBank", check, evaluate, lower)
