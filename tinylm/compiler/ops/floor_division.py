"""FLOOR_DIV and FLOOR_MOD on float32 (TFLM floor_div.cc, floor_mod.cc). TFLM fails where FLOOR_DIV divides by 0."""

from __future__ import annotations

import numpy as np

from tinylm.compiler.graph import Array
from tinylm.compiler.ops.binary import plain_spec
from tinylm.compiler.ops.scaling import by_type


def _divide(a: Array, b: Array) -> Array:
    return np.floor(a.astype(np.float64) / b.astype(np.float64)).astype(np.float32)


def _rest(a: Array, b: Array) -> Array:
    rest = np.fmod(a, b)
    return np.where((rest != 0) & ((b < 0) != (rest < 0)), rest + b, rest)


FLOOR_DIV = by_type("FLOOR_DIV", {"float32": plain_spec("FLOOR_DIV", "floor_div_f32", _divide)})
FLOOR_MOD = by_type("FLOOR_MOD", {"float32": plain_spec("FLOOR_MOD", "floor_mod_f32", _rest)})
