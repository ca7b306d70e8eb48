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
