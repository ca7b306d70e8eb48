"""The sigmoid and tanh of int16 values, linear between the entries of one table (TFLM integer_ops/logistic.h, tanh.h)."""

from __future__ import annotations

import numpy as np

from tinylm.compiler.graph import Array

_STEPS = 24


def sigmoid_table() -> Array:
    """[256] uint16: the sigmoid of k / 24 in 1/65536, raised by half of what a straight line to the next entry lies too low."""

    def sigmoid(k: Array) -> Array:
        return 1 / (1 + np.exp(-k / _STEPS))

    k = np.arange(256.0)
    sag = sigmoid(k + 0.5) - (sigmoid(k) + sigmoid(k + 1)) / 2
    table = np.floor(65536 * (sigmoid(k) + sag / 2) + 0.5)
    table[255] = 65535
    return table.astype(np.uint16)


def _between(x: Array, bits: int) -> Array:
    entries, high = sigmoid_table().astype(np.int64), np.abs(x) >> bits
    low, following = entries[np.minimum(high, 254)], entries[np.minimum(high, 254) + 1]
    most = (0x7FFF << 10) if bits == 9 else (0xFFFF << 8)
    return np.where(high >= 255, most, (low << bits) + (np.abs(x) & ((1 << bits) - 1)) * (following - low))


def logistic16(x: Array) -> Array:
    """x (int64) in 1/12288; the result in 1/32768."""
    y = _between(x, 9)
    return np.where(x >= 0, y + 512, (1 << 25) - y + 511) >> 10


def tanh16(x: Array) -> Array:
    """x (int64) in 1/12288; the result in 1/32768."""
    y = _between(x, 8) - (1 << 23)
    return np.where(x >= 0, y + 128, 127 - y) >> 8
