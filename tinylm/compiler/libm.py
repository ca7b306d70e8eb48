"""float32 functions of the C library, bit for bit as the oracle's glibc computes them, in numpy."""

from __future__ import annotations

import numpy as np

from tinylm.compiler.graph import Array

_EXP2 = np.array([float(np.exp2(np.longdouble(i) / 32)) for i in range(32)])
_EXP2_BITS = _EXP2.view(np.uint64) - (np.arange(32, dtype=np.uint64) << np.uint64(47))


def expf(x: Array) -> Array:
    """exp of float32 values, float32: the algorithm of kernels/include/tl_expf.h (whose comment names its source)."""
    x = np.asarray(x, np.float32)
    with np.errstate(all="ignore"):
        z = 1.44269504088896340735992468100 * 32 * np.clip(np.nan_to_num(x), -104, 89).astype(np.float64)
        shifted = z + 1.5 * 2.0**52
        k = np.asarray(shifted).view(np.uint64)
        r = z - (shifted - 1.5 * 2.0**52)
        scale = (_EXP2_BITS[k % 32] + (k << np.uint64(47))).view(np.float64)
        high = float.fromhex("0x1.c6af84b912394p-20") * r + float.fromhex("0x1.ebfce50fac4f3p-13")
        low = float.fromhex("0x1.62e42ff0c52d6p-6") * r + 1
        y = ((high * (r * r) + low) * scale).astype(np.float32)
    y = np.where(x > np.float32(float.fromhex("0x1.62e42ep6")), np.float32(np.inf), y)
    y = np.where(x < np.float32(float.fromhex("-0x1.9fe368p6")), np.float32(0), y)
    return np.where(np.isnan(x), x, y)


_LOG_STEPS = [
    *("0x1.661ec79f8f3bep+0", "0x1.571ed4aaf883dp+0", "0x1.49539f0f010bp+0", "0x1.3c995b0b80385p+0"),
    *("0x1.30d190c8864a5p+0", "0x1.25e227b0b8eap+0", "0x1.1bb4a4a1a343fp+0", "0x1.12358f08ae5bap+0"),
    *("0x1.0953f419900a7p+0", "0x1p+0", "0x1.e608cfd9a47acp-1", "0x1.ca4b31f026aap-1"),
    *("0x1.b2036576afce6p-1", "0x1.9c2d163a1aa2dp-1", "0x1.886e6037841edp-1", "0x1.767dcf5534862p-1"),
]
_LOG_VALUES = [
    *("-0x1.57bf7808caadep-2", "-0x1.2bef0a7c06ddbp-2", "-0x1.01eae7f513a67p-2", "-0x1.b31d8a68224e9p-3"),
    *("-0x1.6574f0ac07758p-3", "-0x1.1aa2bc79c81p-3", "-0x1.a4e76ce8c0e5ep-4", "-0x1.1973c5a611cccp-4"),
    *("-0x1.252f438e10c1ep-5", "0x0p+0", "0x1.aa5aa5df25984p-5", "0x1.c5e53aa362eb4p-4"),
    *("0x1.526e57720db08p-3", "0x1.bc2860d22477p-3", "0x1.1058bc8a07ee1p-2", "0x1.4043057b6ee09p-2"),
]
_INVERSE, _LOG = (np.array([float.fromhex(text) for text in texts]) for texts in (_LOG_STEPS, _LOG_VALUES))


def logf(x: Array) -> Array:
    """log of float32 values, float32: the algorithm of kernels/include/tl_logf.h (whose comment names its source)."""
    x = np.asarray(x, np.float32)
    with np.errstate(all="ignore"):
        tiny = np.abs(x) < np.float32(2.0**-126)
        bits = np.where(tiny, x * np.float32(2**23), x).astype(np.float32).view(np.uint32).astype(np.int64) - np.where(tiny, 23 << 23, 0)
        offset = bits - 0x3F330000
        step, exponent = (offset >> 19) & 15, offset >> 23
        z = (bits - (exponent << 23)).astype(np.uint32).view(np.float32).astype(np.float64)
        r = z * _INVERSE[step] - 1
        base = _LOG[step] + exponent * float.fromhex("0x1.62e42fefa39efp-1")
        series = float.fromhex("0x1.5575b0be00b6ap-2") * r + float.fromhex("-0x1.ffffef20a4123p-2")
        y = ((float.fromhex("-0x1.00ea348b88334p-2") * (r * r) + series) * (r * r) + (base + r)).astype(np.float32)
    y = np.where(x == 0, np.float32(-np.inf), np.where(x < 0, np.float32(np.nan), y))
    return np.where(np.isnan(x) | (x == np.inf), x, y)
