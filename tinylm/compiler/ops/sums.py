"""ADD_N and CUMSUM on int8 and float32 (TFLM add_n.cc, cumsum.cc).

On int8 TFLM starts each sum at minus the zero point instead of at 0, and so does this.
"""

from __future__ import annotations

import numpy as np

from tinylm.compiler.fixedpoint import multiply_by_quantized_multiplier, wrap32
from tinylm.compiler.graph import Array, Operator
from tinylm.compiler.lowering import Lowering, Scratch, Struct
from tinylm.compiler.ops.base import Inputs, Spec, elementwise_in_place, expect_quantized, expect_same_type, expect_types, given
from tinylm.compiler.ops.moving import constant_ints, expect_filled, expect_shape
from tinylm.compiler.ops.runs import axis_of
from tinylm.compiler.ops.scaling import SHORT, multiplier_of

_LEFT_SHIFT = 20


def _check(operator: Operator, *inputs: int) -> None:
    x, y = operator.input(0), operator.output
    expect_types(operator, x, "int8", "float32")
    expect_filled(operator, x)
    expect_same_type(operator, x, y, *(operator.input(i) for i in inputs))
    expect_shape(operator, y, x.shape)
    if x.dtype == "int8":
        expect_quantized(operator, x, y, *(operator.input(i) for i in inputs))
        _fields(operator)


def _fields(operator: Operator) -> dict[str, int]:
    """Fields of tl_sum. The inputs' own factor is exactly one half of 2^20."""
    x, y = operator.input(0), operator.output
    multiplier, shift = multiplier_of(operator, 2 * x.scale / ((1 << _LEFT_SHIFT) * y.scale), below_one=True)
    return {"output_zero_point": y.zero_point, "multiplier": multiplier, "shift": shift, "low": -128, "high": 127}


def _scaled(operator: Operator, sums: Array) -> Array:
    f = _fields(operator)
    y = multiply_by_quantized_multiplier(wrap32(sums << (_LEFT_SHIFT - 1)), f["multiplier"], f["shift"]) + f["output_zero_point"]
    clipped: Array = np.clip(y, -128, 127).astype(np.int8)
    return clipped


def check_add(operator: Operator) -> None:
    if len(operator.inputs) < 2:
        raise operator.refuse(f"has {len(operator.inputs)} inputs; at least 2 are needed.")
    _check(operator, *range(1, len(operator.inputs)))
    x = operator.input(0)
    for i in range(1, len(operator.inputs)):
        other = operator.input(i)
        if other.shape != x.shape or (x.dtype == "int8" and (other.scale, other.zero_point) != (x.scale, x.zero_point)):
            raise operator.refuse(f"needs inputs of one shape and quantisation: {x} and {other}.")


def evaluate_add(operator: Operator, inputs: Inputs) -> list[Array]:
    terms = [given(inputs, i) for i in range(len(inputs))]
    if operator.output.dtype == "float32":
        total = np.zeros(terms[0].shape, np.float32)
        for term in terms:
            total = total + term
        return [total]
    zero = operator.input(0).zero_point
    return [_scaled(operator, np.sum([term.astype(np.int64) - zero for term in terms], axis=0) - zero)]


def lower_add(operator: Operator, to: Lowering) -> None:
    y = operator.output
    inputs = [operator.input(i) for i in range(len(operator.inputs))]
    if y.dtype == "float32":
        for i, x in enumerate(inputs):
            to.call("accumulate_f32", operator, to.place(x), y, y.elements, int(i == 0))
        return
    total = Scratch(4 * y.elements)
    for i, x in enumerate(inputs):
        to.call("accumulate_s8", operator, to.place(x), total, y.elements, x.zero_point, int(i == 0))
    to.call("scale_sums_s8", operator, Struct("tl_sum", _fields(operator)), total, y, y.elements)


def _axis(operator: Operator) -> int:
    values = constant_ints(operator, 1)
    if len(values) != 1:
        raise operator.refuse(f"needs one axis, not {operator.input(1)}.")
    return axis_of(operator, operator.input(0), values[0])


def check_cumsum(operator: Operator) -> None:
    expect_types(operator, operator.input(1), "int32")
    _axis(operator)
    _check(operator)


def evaluate_cumsum(operator: Operator, inputs: Inputs) -> list[Array]:
    x = np.moveaxis(given(inputs, 0), _axis(operator), 0)
    quantized = x.dtype == np.int8
    if quantized:
        x = x.astype(np.int64) - operator.input(0).zero_point
    x = x[::-1] if operator.options.get("reverse", False) else x
    total = np.full(x.shape[1:], -operator.input(0).zero_point if quantized else 0, x.dtype)
    rows = []
    for row in x:
        after = total + row
        rows.append(total if operator.options.get("exclusive", False) else after)
        total = after
    y = np.stack(rows[::-1] if operator.options.get("reverse", False) else rows)
    y = _scaled(operator, y) if quantized else y
    return [np.ascontiguousarray(np.moveaxis(y, 0, _axis(operator)))]


def lower_cumsum(operator: Operator, to: Lowering) -> None:
    x, y, axis = operator.input(0), operator.output, _axis(operator)
    fields = {
        "outer": int(np.prod(x.shape[:axis], dtype=np.int64)),
        "axis": x.shape[axis],
        "inner": int(np.prod(x.shape[axis + 1 :], dtype=np.int64)),
        "exclusive": int(bool(operator.options.get("exclusive", False))),
        "reverse": int(bool(operator.options.get("reverse", False))),
    }
    scale = (Struct("tl_sum", _fields(operator)), x.zero_point) if x.dtype == "int8" else ()
    to.call(f"cumsum_{SHORT[x.dtype]}", operator, Struct("tl_cumsum", fields), *scale, to.place(x), y)


ADD_N = Spec("ADD_N", check_add, evaluate_add, lower_add)
CUMSUM = Spec("CUMSUM", check_cumsum, evaluate_cumsum, lower_cumsum, elementwise_in_place)
