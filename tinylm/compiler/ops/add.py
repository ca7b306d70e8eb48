"""ADD and SUB: on int8 and int16 both inputs scaled to a common fixed point, added, scaled back (TFLM add_common.cc, sub_common.cc);
on float32 and int32 as they are."""

from __future__ import annotations

import numpy as np

from tinylm.compiler.fixedpoint import multiply_by_quantized_multiplier, quantize_multiplier
from tinylm.compiler.graph import DTYPES, Array, Operator
from tinylm.compiler.lowering import Field, Lowering, Struct
from tinylm.compiler.ops import scalar
from tinylm.compiler.ops.base import Inputs, Spec, activation_range, elementwise_in_place, expect_quantized, given
from tinylm.compiler.ops.binary import check_binary, float_spec, int32_spec
from tinylm.compiler.ops.broadcast import loops
from tinylm.compiler.ops.quick import lower_add, lower_sum_table
from tinylm.compiler.ops.scaling import SHORT, by_type


def check(operator: Operator) -> None:
    a, b, y = operator.input(0), operator.input(1), operator.output
    check_binary(operator)
    expect_quantized(operator, a, b, y)
    if y.dtype == "int16" and (a.zero_point or b.zero_point or y.zero_point):
        raise operator.refuse("needs zero points of 0 for int16.")
    activation_range(operator, y)
    if any(real >= 1 for real in _reals(operator)):
        raise operator.refuse(f"has an output scale too small for its inputs: {y}.")


def _left_shift(operator: Operator) -> int:
    return 15 if operator.output.dtype == "int16" else 20


def _reals(operator: Operator) -> tuple[float, float, float]:
    """The three real multipliers, in double (the oracle's SUB too; older TFLM sources had it in float32)."""
    a, b, y = operator.input(0).scale, operator.input(1).scale, operator.output.scale
    twice = 2 * max(a, b)
    return a / twice, b / twice, twice / ((1 << _left_shift(operator)) * y)


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
        "left_shift": _left_shift(operator),
        "sign": 1 if operator.name == "ADD" else -1,
        "low": low,
        "high": high,
    }


def evaluate(operator: Operator, inputs: Inputs) -> list[Array]:
    y = operator.output
    return [_sum(operator, given(inputs, 0), given(inputs, 1)).astype(DTYPES[y.dtype][1]).reshape(y.shape)]


def _sum(operator: Operator, first: Array, second: Array) -> Array:
    f = {key: int(value) for key, value in _fields(operator).items() if isinstance(value, int)}
    a = (first.astype(np.int64) - f["zero_point1"]) << f["left_shift"]
    b = (second.astype(np.int64) - f["zero_point2"]) << f["left_shift"]
    a = multiply_by_quantized_multiplier(a, f["multiplier1"], f["shift1"])
    b = multiply_by_quantized_multiplier(b, f["multiplier2"], f["shift2"])
    total = multiply_by_quantized_multiplier(a + f["sign"] * b, f["output_multiplier"], f["output_shift"])
    return np.clip(total + f["output_zero_point"], f["low"], f["high"])


def lower(operator: Operator, to: Lowering) -> None:
    a, b, fields = operator.input(0), operator.input(1), _fields(operator)
    if a.dtype == "int8":
        numbers = {key: value for key, value in fields.items() if isinstance(value, int)}
        if lower_sum_table(operator, to, numbers) or scalar.lower_sum(operator, to, _sum, numbers["low"], numbers["high"]):
            return
        if lower_add(operator, to, numbers):
            return
    params = Struct("tl_add", {"loops": loops(operator, a, b), **fields})
    to.call(f"add_{SHORT[a.dtype]}", operator, params, to.place(a), to.place(b), operator.output)


_QUANTIZED = {dtype: Spec("ADD", check, evaluate, lower, elementwise_in_place) for dtype in ("int8", "int16")}
ADD = by_type("ADD", {**_QUANTIZED, "int32": int32_spec("ADD", "add", np.add), "float32": float_spec("ADD", "add", np.add)})
SUB = by_type("SUB", {**_QUANTIZED, "int32": int32_spec("SUB", "sub", np.subtract), "float32": float_spec("SUB", "sub", np.subtract)})
