"""Fixed-point arithmetic of the device's decoder and samplers (firmware_templates/runtime/tl_share.c does the same)."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

ONE = 1 << 16  # a probability of 1
STEP_LIMIT = 0x3FFFFF
_LOG2_E = np.float32(94548.46)  # 65536 / ln 2


def octaves(scale: float) -> int:
    """What one step of a tensor of this scale is as an exponent of 2 (for e^(scale q) = 2^(q octaves)), times 65536, rounded."""
    return min(int(np.float32(scale) * _LOG2_E + np.float32(0.5)), STEP_LIMIT)


def exp2_down(x: int) -> int:
    """2^-(x / 65536) times 32768, for x >= 0: within 0.01 % of 1. A cubic fitted to 2^-f on [0, 1], exact at both ends."""
    whole, f = x >> 16, (x & 0xFFFF) >> 1
    if whole > 15:
        return 0
    y = 22662 - ((7575 - (1297 * f >> 15)) * f >> 15)
    return (32768 - (y * f >> 15)) >> whole


def share(scores: Iterable[int], chosen: int, step: int) -> int:
    """The softmax probability of the chosen score among all of them, times 65536. step: ``octaves`` of their scale."""
    scores = list(scores)
    top = max(scores)
    total = sum(exp2_down((top - score) * step) for score in scores)
    return (exp2_down((top - chosen) * step) << 16) // total
