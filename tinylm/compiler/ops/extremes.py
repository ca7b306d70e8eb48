"""MAXIMUM and MINIMUM of the raw values: TFLM does not rescale (maximum_minimum.cc)."""

from __future__ import annotations

import numpy as np

from tinylm.compiler.graph import Array
from tinylm.compiler.ops.base import Spec
from tinylm.compiler.ops.binary import plain_spec
from tinylm.compiler.ops.scaling import SHORT, by_type


def _larger(a: Array, b: Array) -> Array:
    return np.where(a > b, a, b)


def _smaller(a: Array, b: Array) -> Array:
    return np.where(a < b, a, b)


def _spec(name: str) -> Spec:
    minimum = name == "MINIMUM"
    types = ("int8", "int16", "int32", "int64", "float32")
    meaning = _smaller if minimum else _larger
    return by_type(name, {t: plain_spec(name, f"extreme_{SHORT[t]}", meaning, "tl_extreme", {"minimum": int(minimum)}) for t in types})


MAXIMUM, MINIMUM = _spec("MAXIMUM"), _spec("MINIMUM")
