"""PAD with real zero and PADV2 with a given value (TFLM pad_common.cc: up to 5 dimensions, constant paddings)."""

from __future__ import annotations

import numpy as np

from tinylm.compiler.graph import DTYPES, Array, Operator
from tinylm.compiler.lowering import Lowering
from tinylm.compiler.ops.base import Inputs, Spec, expect_quantized, expect_same_type, expect_types, given
from tinylm.compiler.ops.moving import constant_ints, expect_filled, expect_rank, expect_shape, like, move


def paddings(operator: Operator) -> list[tuple[int, int]]:
    """(before, after) by axis, from the constant input 1."""
    values, rank = constant_ints(operator, 1), len(operator.input(0).shape)
    if len(values) != 2 * rank or min(values, default=0) < 0:
        raise operator.refuse(f"has paddings {values} for {operator.input(0)}.")
    return list(zip(values[::2], values[1::2], strict=True))


def check_paddings(operator: Operator) -> None:
    x, y = operator.input(0), operator.output
    expect_same_type(operator, x, y)
    expect_filled(operator, x, y)
    expect_types(operator, operator.input(1), "int32")
    expect_shape(operator, y, tuple(n + before + after for n, (before, after) in zip(x.shape, paddings(operator), strict=True)))


def check(operator: Operator) -> None:
    x, y, value = operator.input(0), operator.output, operator.optional(2)
    expect_types(operator, x, "int8", "int16", "int32", "float32")
    expect_rank(operator, x, 1, 5)
    check_paddings(operator)
    if x.dtype == "int8":
        expect_quantized(operator, y)
    if value is None:
        return
    expect_same_type(operator, x, value)
    if value.elements != 1:
        raise operator.refuse(f"needs one value to pad with, not {value}.")
    if x.dtype == "int8":
        expect_quantized(operator, value)
        if (value.scale, value.zero_point) != (y.scale, y.zero_point):
            raise operator.refuse(f"needs {value} quantised like {y}.")


def _zero(operator: Operator) -> Array:
    y = operator.output
    return np.array([y.zero_point if y.dtype == "int8" else 0], DTYPES[y.dtype][1])


def evaluate(operator: Operator, inputs: Inputs) -> list[Array]:
    value = given(inputs, 2) if operator.optional(2) is not None else _zero(operator)
    return [np.pad(given(inputs, 0), paddings(operator), constant_values=value.reshape(-1)[0])]


def lower(operator: Operator, to: Lowering) -> None:
    x, y, value = operator.input(0), operator.output, operator.optional(2)
    place = to.constant(f"padding_{operator.index}", _zero(operator)) if value is None else to.place(value)
    source, whole = like(x), like(y)
    if x.elements != y.elements:
        to.call("fill", operator, place, y, source.itemsize, y.elements)
    inside = whole[tuple(slice(before, before + n) for n, (before, _) in zip(x.shape, paddings(operator), strict=True))]
    move(operator, to, x, source, y, inside, (source, whole))


PAD, PADV2 = (Spec(name, check, evaluate, lower) for name in ("PAD", "PADV2"))
