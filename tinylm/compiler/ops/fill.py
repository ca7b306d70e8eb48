"""FILL with one value (TFLM fill.cc) and ZEROS_LIKE, which writes the raw value 0 whatever the zero point (zeros_like.cc)."""

from __future__ import annotations

import numpy as np

from tinylm.compiler.graph import DTYPES, Array, Operator
from tinylm.compiler.lowering import Lowering
from tinylm.compiler.ops.base import Inputs, Spec, expect_same_type, expect_types, given
from tinylm.compiler.ops.moving import constant_ints, expect_filled, expect_rank, expect_shape, like


def check_fill(operator: Operator) -> None:
    value, y = operator.input(1), operator.output
    expect_types(operator, value, "int8", "int32", "float32")
    expect_same_type(operator, value, y)
    expect_filled(operator, y)
    expect_rank(operator, operator.input(0), 1, 1)
    expect_rank(operator, value, 0, 0)
    expect_shape(operator, y, tuple(constant_ints(operator, 0)))


def evaluate_fill(operator: Operator, inputs: Inputs) -> list[Array]:
    return [np.full(operator.output.shape, given(inputs, 1).reshape(-1)[0])]


def lower_fill(operator: Operator, to: Lowering) -> None:
    y = operator.output
    to.call("fill", operator, to.place(operator.input(1)), y, like(y).itemsize, y.elements)


def check_zeros(operator: Operator) -> None:
    x, y = operator.input(0), operator.output
    expect_types(operator, x, "int8", "int32", "int64", "float32")
    expect_same_type(operator, x, y)
    expect_filled(operator, y)
    expect_shape(operator, y, x.shape)


def evaluate_zeros(operator: Operator, inputs: Inputs) -> list[Array]:
    return [np.zeros(operator.output.shape, DTYPES[operator.output.dtype][1])]


def lower_zeros(operator: Operator, to: Lowering) -> None:
    zero = to.constant("zero", np.zeros(1, np.int8))
    to.call("fill", operator, zero, operator.output, 1, operator.output.bytes)


FILL = Spec("FILL", check_fill, evaluate_fill, lower_fill)
ZEROS_LIKE = Spec("ZEROS_LIKE", check_zeros, evaluate_zeros, lower_zeros, known=True)
