"""sin and cos of float32, bit for bit as tl_math.h computes them (and glibc; the source is named there), in numpy."""

from __future__ import annotations

import numpy as np

from tinylm.compiler.graph import Array

_TWO_OVER_PI = 0xA2F9836E4E441529FC2757D1F534DDC0DB6295993C439041FE
_BYTES = bytes(3) + _TWO_OVER_PI.to_bytes(25, "big")
_C1, _C2, _C3, _C4 = (
    float.fromhex(text) for text in ("-0x1.ffffffd0c621cp-2", "0x1.55553e1068f19p-5", "-0x1.6c087e89a359dp-10", "0x1.99343027bf8c3p-16")
)
_S1, _S2, _S3 = (float.fromhex(text) for text in ("-0x1.555545995a603p-3", "0x1.1107605230bc4p-7", "-0x1.994eb3774cf24p-13"))


def _reduced_large(bits: int) -> tuple[int, float]:
    """(quarters, rest) of a float's bits, |x| >= 120: its product with those 96 bits of 2/pi that matter."""
    at = bits >> 26 & 15
    words = [int.from_bytes(_BYTES[at + 4 * i : at + 4 * i + 4], "big") for i in range(3)]
    mantissa = (bits & 0x7FFFFF | 0x800000) << (bits >> 23 & 7)
    turn = ((mantissa * words[0] << 32) + mantissa * words[1] + (mantissa * words[2] >> 32)) % (1 << 64)
    quarters = (turn + (1 << 61)) >> 62
    rest = turn - (quarters << 62)
    rest -= (rest >= 1 << 63) << 64
    value = float(rest) * float.fromhex("0x1.921fb54442d18p-62")
    return (-quarters, -value) if bits >> 31 else (quarters, value)


def _sine(x: Array, quarter: int) -> Array:
    x = np.asarray(x, np.float32)
    bits = x.view(np.uint32)
    size = bits & np.uint32(0x7FFFFFFF)
    finite = size < 0x7F800000
    v = np.where(finite, x, 0).astype(np.float64)
    middle = (size >= 0x3F400000) & (size < 0x42F00000)
    turns = np.trunc(np.where(middle, v, 0) * float.fromhex("0x1.45f306dc9c883p+23")).astype(np.int64)
    n = np.where(middle, (turns + 0x800000) >> 24, 0)
    v = v - n * float.fromhex("0x1.921fb54442d18p0")
    for place in zip(*np.nonzero(np.atleast_1d((size >= 0x42F00000) & finite)), strict=True):
        quarters, value = _reduced_large(int(np.atleast_1d(bits)[place]))
        np.atleast_1d(n)[place], np.atleast_1d(v)[place] = quarters, value
    z = v * v
    cosine = 1.0 + z * _C1 + z * z * _C2 + z * z * z * (_C3 + z * _C4)
    sine = v + v * z * _S1 + v * z * z * (_S2 + z * _S3)
    n = n + quarter
    y = np.where(n & 1, cosine, sine)
    y = np.where(n & 2, -y, y).astype(np.float32)
    y = np.where(size < 0x39800000, np.float32(1) if quarter else x, y)
    return np.where(finite, y, np.float32(np.nan))


def sinf(x: Array) -> Array:
    return _sine(x, 0)


def cosf(x: Array) -> Array:
    return _sine(x, 1)
