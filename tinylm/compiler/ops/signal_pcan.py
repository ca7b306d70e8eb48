"""SignalPCAN: per-channel automatic gain from the noise estimate, compressed (TFLM signal/src/pcan_argc_fixed.cc).

The gain is a parabola in each octave of the noise; its coefficients are in the table gain_lut, four entries an octave.
"""

from __future__ import annotations

import numpy as np

from tinylm.compiler.graph import Array, Operator
from tinylm.compiler.lowering import Lowering
from tinylm.compiler.ops.base import Inputs, Spec, given
from tinylm.compiler.ops.custom import integers
from tinylm.compiler.ops.signal import ends

_SNR_BITS, _OUTPUT_BITS = 12, 6
_TABLE = 4 * 32 - 3
_WORD = 0xFFFFFFFF


def check(operator: Operator) -> None:
    (x, noise, gains), (y,) = ends(operator, [("uint32", 1), ("uint32", 1), ("int16", 1)], [("uint32", 1)])
    if not x.shape == noise.shape == y.shape:
        raise operator.refuse(f"has shapes that differ: {x}, {noise} and {y}.")
    if gains.elements < _TABLE:
        raise operator.refuse(f"needs {_TABLE} gains, not {gains.elements}.")
    _shift(operator)


def _shift(operator: Operator) -> int:
    return integers(operator, snr_shift=(0, 63))["snr_shift"]


def _gain(x: int, gains: list[int]) -> int:
    """In 32 bits that wrap, then in 16."""
    if x <= 2:
        return gains[x]
    octave = x.bit_length()
    base, slope, bend = gains[4 * octave - 6 : 4 * octave - 3]
    part = (x << 11 - octave if octave < 11 else x >> octave - 11) & 0x3FF
    bent = ((bend * part >> 5) + (slope << 5)) * part + (1 << 14)
    return _signed(((_signed(bent, 32) >> 15) + base), 16)


def _signed(x: int, bits: int) -> int:
    half = 1 << bits - 1
    return (x + half) % (2 * half) - half


def _shrink(snr: int) -> int:
    if snr < 2 << _SNR_BITS:
        return snr * snr >> 2 + 2 * _SNR_BITS - _OUTPUT_BITS
    return (snr >> _SNR_BITS - _OUTPUT_BITS) - (1 << _OUTPUT_BITS)


def evaluate(operator: Operator, inputs: Inputs) -> list[Array]:
    x, noise, gains = (given(inputs, i).tolist() for i in range(3))
    snr = [(value * (_gain(level, gains) & _WORD) >> _shift(operator)) & _WORD for value, level in zip(x, noise, strict=True)]
    return [np.array([_shrink(value) for value in snr], np.uint32)]


def lower(operator: Operator, to: Lowering) -> None:
    x, noise, gains = (to.place(operator.input(i)) for i in range(3))
    to.call("signal_pcan", operator, x, noise, gains, operator.output, operator.output.elements, _shift(operator))


SPEC = Spec("CUSTOM:SignalPCAN", check, evaluate, lower, lambda operator: [(0, 0)])
