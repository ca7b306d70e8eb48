"""SignalFilterBankLog: natural logarithms of uint32 values, scaled, to int16 (TFLM signal/src/log.cc, filter_bank_log.cc).

log2 is the highest bit's number, the bits below it, and a correction from a table of 128 segments, all with 16 fractional bits.
"""

from __future__ import annotations

import numpy as np

from tinylm.compiler.graph import Array, Operator
from tinylm.compiler.lowering import Lowering
from tinylm.compiler.ops.base import Inputs, Spec, given
from tinylm.compiler.ops.custom import integers
from tinylm.compiler.ops.signal import ends

_SEGMENTS, _LN2 = 128, 45426  # ln(2) with 16 fractional bits
_WORD = 0xFFFFFFFF


def check(operator: Operator) -> None:
    (x,), (y,) = ends(operator, [("uint32", 1)], [("int16", 1)])
    if x.shape != y.shape:
        raise operator.refuse(f"has shapes that differ: {x} and {y}.")
    _options(operator)


def _options(operator: Operator) -> tuple[int, int]:
    """(bits to shift the input left, scale of the output)"""
    found = integers(operator, input_correction_bits=(0, 31), output_scale=(0, (1 << 31) - 1))
    return found["input_correction_bits"], found["output_scale"]


def corrections() -> Array:
    """What log2(1 + i/128) is above i/128, with 16 fractional bits. [129] uint16."""
    part = np.arange(_SEGMENTS + 1) / _SEGMENTS
    return np.floor((np.log2(1 + part) - part) * 65536 + 0.5).astype(np.uint16)


def evaluate(operator: Operator, inputs: Inputs) -> list[Array]:
    (bits, scale), table = _options(operator), corrections().astype(np.int64)
    x = given(inputs, 0).astype(np.int64) << bits & _WORD
    whole = np.frexp(np.maximum(x, 1).astype(np.float64))[1].astype(np.int64) - 1
    fraction = np.maximum(x, 1) - (1 << whole)
    fraction = np.where(whole < 16, fraction << np.maximum(16 - whole, 0), fraction >> np.maximum(whole - 16, 0))
    segment, within = fraction >> 9, fraction & 511
    curve = table[segment] + ((table[segment + 1] - table[segment]) * within >> 16)
    log2 = (whole << 16) + fraction + curve
    scaled = (scale * (_LN2 * log2 + 32768 >> 16) + 32768 & _WORD) >> 16
    return [np.where(x > 1, np.minimum(scaled, (1 << 15) - 1), 0).astype(np.int16)]


def lower(operator: Operator, to: Lowering) -> None:
    x, y = operator.input(0), operator.output
    to.call("signal_log", operator, to.constant("log_corrections", corrections()), to.place(x), y, x.elements, *_options(operator))


SPEC = Spec("CUSTOM:SignalFilterBankLog", check, evaluate, lower)
