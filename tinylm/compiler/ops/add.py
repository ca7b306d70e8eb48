"""ADD and SUB on int8: both inputs scaled to a common fixed point, added, scaled back (TFLM add_common.cc, sub_common.cc)."""

from __future__ import annotations

import numpy as np

from tinylm.compiler.fixedpoint import multiply_by_quantized_multiplier, quantize_multiplier
from tinylm.compiler.graph import Array, Operator
from tinylm.compiler.lowering import Field, Lowering, Struct
from tinylm.compiler.ops import scalar
from tinylm.compiler.ops.base import Inputs, Spec, activation_range, elementwise_in_place, expect_quantized, expect_types, given
from tinylm.compiler.ops.broadcast import check_broadcast, loops
from tinylm.compiler.ops.quick import lower_add

_LEFT_SHIFT = 20


def check(operator: Operator) -> None:
    a, b, y = operator.input(0), operator.input(1), operator.output
    for tensor in (a, b, y):
        expect_types(operator, tensor, "int8")
    expect_quantized(operator, a, b, y)
    check_broadcast(operator, a, b)
    activation_range(operator, y)
    if any(real >= 1 for real in _reals(operator)):
        raise operator.refuse(f"has an output scale too small for its inputs: {y}.")


def _reals(operator: Operator) -> tuple[float, float, float]:
    """The three real multipliers, in double (the oracle's SUB too; older TFLM sources had it in float32)."""
    a, b, y = operator.input(0).scale, operator.input(1).scale, operator.output.scale
    twice = 2 * max(a, b)
    return a / twice, b / twice, twice / ((1 << _LEFT_SHIFT) * y)


def _fields(operator: Operator) -> dict[str, Field]:
    a, b, y = operator.input(0), operator.input(1), operator.output
    (m1, s1), (m2, s2), (mo, so) = (quantize_multiplier(real) for real in _reals(operator))
    low, high = activation_range(operator, y)
    return {
        "zero_point1": a.zero_point,
        "zero_point2": b.zero_point,
        "output_zero_point": y.zero_point,
        "multiplier1": m1,
        "multiplier2": m2,
        "output_multiplier": mo,
        "shift1": s1,
        "shift2": s2,
        "output_shift": so,
        "left_shift": _LEFT_SHIFT,
        "sign": 1 if operator.name == "ADD" else -1,
        "low": low,
        "high": high,
    }


def evaluate(operator: Operator, inputs: Inputs) -> list[Array]:
    return [_sum(operator, given(inputs, 0), given(inputs, 1)).astype(np.int8).reshape(operator.output.shape)]


def _sum(operator: Operator, first: Array, second: Array) -> Array:
    f = {key: int(value) for key, value in _fields(operator).items() if isinstance(value, int)}
    a = (first.astype(np.int64) - f["zero_point1"]) << _LEFT_SHIFT
    b = (second.astype(np.int64) - f["zero_point2"]) << _LEFT_SHIFT
    a = multiply_by_quantized_multiplier(a, f["multiplier1"], f["shift1"])
    b = multiply_by_quantized_multiplier(b, f["multiplier2"], f["shift2"])
    total = multiply_by_quantized_multiplier(a + f["sign"] * b, f["output_multiplier"], f["output_shift"])
    return np.clip(total + f["output_zero_point"], f["low"], f["high"])


def lower(operator: Operator, to: Lowering) -> None:
    a, b, fields = operator.input(0), operator.input(1), _fields(operator)
    if lower_add(operator, to, {key: value for key, value in fields.items() if isinstance(value, int)}):
        return
    if scalar.lower_sum(operator, to, _sum, *activation_range(operator, operator.output)):
        return
    params = Struct("tl_add", {"loops": loops(operator, a, b), **fields})
    to.call("add_s8", operator, params, to.place(a), to.place(b), operator.output)


ADD = Spec("ADD", check, evaluate, lower, elementwise_in_place)
SUB = Spec("SUB", check, evaluate, lower, elementwise_in_place)
