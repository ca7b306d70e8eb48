"""SignalFilterBankSpectralSubtraction: a noise estimate for each channel, subtracted (TFLM signal/src/filter_bank_spectral_subtraction.cc).

TFLM keeps the estimate inside the operator; here it is a variable that the reader adds as the last input. Sums and products in 64 bits,
what is kept of them in 32.
"""

from __future__ import annotations

import numpy as np

from tinylm.compiler.graph import Array, Operator
from tinylm.compiler.lowering import Field, Lowering, Struct
from tinylm.compiler.ops.base import Inputs, Kept, Spec, given
from tinylm.compiler.ops.custom import integers
from tinylm.compiler.ops.signal import ends, expect_length

_WORD, _MOST = (1 << 32) - 1, (1 << 31) - 1
_SHARE = (0, _MOST)


def check(operator: Operator) -> None:
    (x, _), (y, estimate) = ends(operator, [("uint32", 1)] * 2, [("uint32", 1)] * 2)
    for tensor in (x, y, estimate):
        expect_length(operator, tensor, _options(operator)["num_channels"])


def keeps(operator: Operator) -> list[Kept]:
    return [(operator.input(0).shape, "uint32")]


def _options(operator: Operator) -> dict[str, int]:
    return integers(
        operator,
        alternate_one_minus_smoothing=_SHARE,
        alternate_smoothing=_SHARE,
        clamping=(0, 1),
        min_signal_remaining=_SHARE,
        num_channels=(1, _MOST),
        one_minus_smoothing=_SHARE,
        smoothing=_SHARE,
        smoothing_bits=(0, 31),
        spectral_subtraction_bits=(0, 31),
    )


def evaluate(operator: Operator, inputs: Inputs) -> list[Array]:
    """[output, noise estimate, new state]."""
    options, x, noise = _options(operator), given(inputs, 0).astype(object), given(inputs, 1).astype(object)
    odd, bits = np.arange(x.size) % 2, options["spectral_subtraction_bits"]
    fresh = np.array([options["smoothing"], options["alternate_smoothing"]], object)[odd]
    old = np.array([options["one_minus_smoothing"], options["alternate_one_minus_smoothing"]], object)[odd]
    scaled = (x << options["smoothing_bits"]) & _WORD
    level = ((scaled * fresh + noise * old) >> bits) & _WORD
    taken = np.minimum(level, scaled)
    floor = ((x * options["min_signal_remaining"]) >> bits) & _WORD
    y = np.maximum((scaled - taken) >> options["smoothing_bits"], floor).astype(np.uint32)
    estimate = (taken if options["clamping"] else level).astype(np.uint32)
    return [y, estimate, estimate]


def lower(operator: Operator, to: Lowering) -> None:
    options, (y, estimate) = _options(operator), operator.outputs
    fields: dict[str, Field] = {
        "channels": y.elements,
        "smoothing": [options["smoothing"], options["alternate_smoothing"]],
        "one_minus_smoothing": [options["one_minus_smoothing"], options["alternate_one_minus_smoothing"]],
        "least": options["min_signal_remaining"],
        "smoothing_bits": options["smoothing_bits"],
        "bits": options["spectral_subtraction_bits"],
        "clamping": options["clamping"],
    }
    x, noise = operator.input(0), operator.input(1)
    to.call("signal_subtract", operator, Struct("tl_signal_subtraction", fields), to.place(x), noise, y, estimate)


SPEC = Spec("CUSTOM:SignalFilterBankSpectralSubtraction", check, evaluate, lower, lambda operator: [(0, 0)], stateful=True, keeps=keeps)
