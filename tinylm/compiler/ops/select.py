"""SELECT_V2: elements of the second or the third input by a bool, all broadcast (TFLM select.cc: int8, int16, float32)."""

from __future__ import annotations

import numpy as np

from tinylm.compiler.graph import Array, Operator
from tinylm.compiler.lowering import Lowering, Struct
from tinylm.compiler.ops.base import Inputs, Spec, expect_same_type, expect_types, given
from tinylm.compiler.ops.broadcast import check_broadcast, loops
from tinylm.compiler.ops.moving import expect_filled, like


def check(operator: Operator) -> None:
    condition, a, b, y = operator.input(0), operator.input(1), operator.input(2), operator.output
    expect_types(operator, condition, "bool")
    expect_types(operator, a, "int8", "int16", "float32")
    expect_same_type(operator, a, b, y)
    expect_filled(operator, condition, a, b)
    check_broadcast(operator, condition, a, b)
    loops(operator, condition, a, b)


def evaluate(operator: Operator, inputs: Inputs) -> list[Array]:
    return [np.where(given(inputs, 0), given(inputs, 1), given(inputs, 2)).reshape(operator.output.shape)]


def lower(operator: Operator, to: Lowering) -> None:
    condition, a, b, y = operator.input(0), operator.input(1), operator.input(2), operator.output
    nested = loops(operator, condition, a, b)
    third = nested.pop("stride3")
    params = Struct("tl_select", {"loops": nested, "stride3": third, "bytes": like(y).itemsize})
    to.call("select_bytes", operator, params, to.place(condition), to.place(a), to.place(b), y)


def in_place(operator: Operator) -> list[tuple[int, int]]:
    """Over a chosen input of the output's shape; both may then be read and written at one place."""
    return [(i, 0) for i in (1, 2) if operator.input(i).shape == operator.output.shape]


SPEC = Spec("SELECT_V2", check, evaluate, lower, in_place)
