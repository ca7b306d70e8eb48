"""TFLM's int16 tables: 513 int16 entries over the int16 range, interpolated between (facts: LUTPopulate, LUTLookup in common.h)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tinylm.compiler.graph import Array

_STEPS = 512


def _round(x: Array) -> Array:
    """C's roundf."""
    rounded: Array = np.trunc(x + np.copysign(np.float32(0.5), x)).astype(x.dtype)
    return rounded


def table(input_scale: Any, input_zero: int, output_scale: Any, output_zero: int, function: Callable[[Array], Array]) -> Array:
    """[513] int16 entries of ``function`` on real values, computed in the scales' own float type."""
    kind = type(input_scale)
    low, high = (input_scale * kind(end - input_zero) for end in (-32768, 32767))
    out_low, out_high = (output_scale * kind(end - output_zero) for end in (-32768, 32767))
    step = (high - low) / kind(_STEPS)
    inverse = kind(65536) / (out_high - out_low)
    at = np.arange(_STEPS + 1, dtype=kind)
    start = low + at * step
    value, middle = function(start), function(start + step / kind(2))
    here = _round(value * inverse)
    error = _round((value[1:] * inverse + here[:-1]) / kind(2)) - _round(middle[:-1] * inverse)
    entries = np.append(here[:-1] - _round(error / kind(2)), _round(function(np.array([high], kind)) * inverse))
    clipped: Array = np.clip(entries, -32768, 32767).astype(np.int16)
    return clipped


def lookup(entries: Array, x: Array) -> Array:
    """Interpolated values at x (int64 holding int16), int64."""
    entries = entries.astype(np.int64)
    at = 256 + (x >> 7)
    between: Array = entries[at] + (((entries[at + 1] - entries[at]) * (x & 127) + 64) >> 7)
    return between
