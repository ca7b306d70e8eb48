"""expm1 and tanh of float32, bit for bit as the oracle's glibc computes them (see kernels/include/tl_tanhf.h), in numpy."""

from __future__ import annotations

import numpy as np

from tinylm.compiler.graph import Array

_F = np.float32
_LN2_HIGH, _LN2_LOW, _INVERSE_LN2 = (_F(float.fromhex(text)) for text in ("0x1.62e3p-1", "0x1.2fefa2p-17", "0x1.715476p+0"))
_FORM = [_F(float.fromhex(t)) for t in ("-0x1.afdb76p-23", "0x1.0cfca8p-18", "-0x1.4ce19ap-14", "0x1.a01a02p-10", "-0x1.111112p-5")]
_MOST = _F(float.fromhex("0x1.62e42ep+6"))
_LEAST = _F(float.fromhex("0x1.2b7088p+4"))


def _scale_by(x: Array, k: Array) -> Array:
    return (x.view(np.uint32) + (k.astype(np.int64) << 23).astype(np.uint32)).view(_F)


def expm1f(x: Array) -> Array:
    """exp(x) - 1 of float32 values, float32."""
    given = np.asarray(x, _F)
    with np.errstate(all="ignore"):
        x = np.clip(np.nan_to_num(given), _F(-20), _F(89))
        magnitude = np.abs(x)
        k = np.trunc(_INVERSE_LN2 * x + np.where(x < 0, _F(-0.5), _F(0.5))).astype(np.int32)
        k = np.where(magnitude < _F(1.5 * np.log(2)), np.where(x < 0, -1, 1), k)
        k = np.where(magnitude.view(np.uint32) > 0x3EB17218, k, 0).astype(np.int32)
        high, low = x - k.astype(_F) * _LN2_HIGH, k.astype(_F) * _LN2_LOW
        x = high - low
        rest = (high - x) - low
        half = _F(0.5) * x
        square = x * half
        form = np.zeros_like(x)
        for factor in _FORM:
            form = square * (form + factor)
        form = _F(1) + form
        t = _F(3) - form * half
        e = square * ((form - t) / (_F(6) - x * t))
        plain = x - (x * e - square)
        e = (x * (e - rest) - rest) - square
        one = np.where(x < _F(-0.25), _F(-2) * (e - (x + _F(0.5))), _F(1) + _F(2) * (x - e))
        far = _scale_by(_F(1) - (e - x), k) - _F(1)
        few = np.clip(k, 0, 23)
        near = _scale_by((np.int64(0x3F800000) - (0x1000000 >> few)).astype(np.uint32).view(_F) - (e - x), k)
        tiny = ((0x7F - np.clip(k, 0, 100)).astype(np.int64) << 23).astype(np.uint32).view(_F)
        large = _scale_by((x - (e + tiny)) + _F(1), k)
        y = np.select(
            [k == 0, k == -1, k == 1, (k <= -2) | (k > 56), k < 23],
            [plain, _F(0.5) * (x - e) - _F(0.5), one, far, near],
            large,
        ).astype(_F)
    y = np.where(np.abs(given) < _F(2.0**-25), given, y)
    y = np.where(given >= _MOST, _F(np.inf), np.where(given <= -_LEAST, _F(-1), y))
    return np.where(np.isnan(given), given, y)


def tanhf(x: Array) -> Array:
    """tanh of float32 values, float32."""
    x = np.asarray(x, _F)
    magnitude = np.abs(x)
    with np.errstate(all="ignore"):
        small = expm1f(_F(-2) * magnitude)
        large = expm1f(_F(2) * magnitude)
        y = np.where(magnitude < _F(1), -small / (small + _F(2)), _F(1) - _F(2) / (large + _F(2)))
        y = np.where(magnitude < _F(22), y, _F(1)).astype(_F)
        y = np.where(x < 0, -y, y)
        y = np.where(magnitude < _F(2.0**-55), x * (_F(1) + x), y)
    return np.where(np.isnan(x) | (x == 0), x, y)
