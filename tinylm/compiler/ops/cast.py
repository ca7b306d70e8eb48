"""CAST between int8, int16, int32, uint32, float32, and from bool (TFLM cast.cc). Floats are cut off; integers keep their low bits.

A float that its integer type cannot hold is left to the machine by TFLM; here it saturates first, to uint32 or to int32.
"""

from __future__ import annotations

import numpy as np

from tinylm.compiler.graph import DTYPES, Array, Operator
from tinylm.compiler.lowering import Lowering
from tinylm.compiler.ops.base import Inputs, Spec, elementwise_in_place, expect_types, given
from tinylm.compiler.ops.scaling import expect_same_size

_CODES = {"int8": 1, "int16": 3, "int32": 4, "float32": 5, "bool": 6, "uint32": 8}
_LIMIT = 1 << 31


def check(operator: Operator) -> None:
    expect_types(operator, operator.input(0), *_CODES)
    expect_types(operator, operator.output, "int8", "int16", "int32", "uint32", "float32")
    expect_same_size(operator)


def evaluate(operator: Operator, inputs: Inputs) -> list[Array]:
    x, kind = given(inputs, 0), DTYPES[operator.output.dtype][1]
    if x.dtype != np.float32 or kind == np.float32:
        return [x.astype(kind)]
    least, most = (0, 2 * _LIMIT - 1) if kind == np.uint32 else (-_LIMIT, _LIMIT - 1)
    whole = np.clip(np.trunc(np.nan_to_num(x.astype(np.float64), nan=least)), least, most)
    return [whole.astype(np.int64).astype(kind)]


def lower(operator: Operator, to: Lowering) -> None:
    x, y = operator.input(0), operator.output
    to.call("cast", operator, to.place(x), _CODES[x.dtype], y, _CODES[y.dtype], y.elements)


SPEC = Spec("CAST", check, evaluate, lower, elementwise_in_place)
