"""LEAKY_RELU on int8 (by table), int16 and float32 (TFLM leaky_relu_common.cc)."""

from __future__ import annotations

import math

import numpy as np

from tinylm.compiler.fixedpoint import multiply_by_quantized_multiplier, quantize_multiplier
from tinylm.compiler.graph import Array, Operator
from tinylm.compiler.lowering import Lowering, Struct
from tinylm.compiler.ops.base import (
    Inputs,
    Spec,
    elementwise_in_place,
    expect_quantized,
    expect_same_type,
    expect_types,
    given,
    type_range,
)
from tinylm.compiler.ops.table import table
from tinylm.compiler.ops.weights import check_shift


def check(operator: Operator) -> None:
    x, y = operator.input(0), operator.output
    expect_types(operator, x, "int8", "int16", "float32")
    expect_same_type(operator, x, y)
    if x.shape != y.shape:
        raise operator.refuse(f"has shapes that do not fit: {x} to {y}.")
    if not math.isfinite(_alpha(operator)):
        raise operator.refuse("has an alpha that is no number.")
    if x.dtype != "float32":
        expect_quantized(operator, x, y)
        check_shift(operator, _reals(operator))


def _alpha(operator: Operator) -> float:
    return float(operator.options.get("alpha", 0.0))


def _reals(operator: Operator) -> tuple[float, float]:
    """Factors of what is below zero, and of the rest, in double precision."""
    x, y = operator.input(0).scale, operator.output.scale
    with np.errstate(all="ignore"):
        return x * _alpha(operator) / y, x / y


def _meaning(operator: Operator, x: Array) -> Array:
    """x less its zero point -> output integers."""
    (below, below_shift), (above, above_shift) = (quantize_multiplier(real) for real in _reals(operator))
    negative = multiply_by_quantized_multiplier(x, abs(below), below_shift) * (-1 if below < 0 else 1)
    y = np.where(x >= 0, multiply_by_quantized_multiplier(x, above, above_shift), negative)
    clipped: Array = np.clip(y + operator.output.zero_point, *type_range(operator.output))
    return clipped


def evaluate(operator: Operator, inputs: Inputs) -> list[Array]:
    x = given(inputs, 0)
    if x.dtype == np.float32:
        return [np.where(x > 0, x, x * np.float32(_alpha(operator)))]
    return [_meaning(operator, x.astype(np.int64) - operator.input(0).zero_point).astype(x.dtype)]


def lower(operator: Operator, to: Lowering) -> None:
    x, y = operator.input(0), operator.output
    if x.dtype == "int8":
        to.call("lookup_s8", operator, to.constant(f"leaky_relu_table_{operator.index}", table(operator, _meaning)), x, y, y.elements)
        return
    if x.dtype == "float32":
        to.call("leaky_relu_f32", operator, to.place(x), y, y.elements, _alpha(operator))
        return
    (below, below_shift), (above, above_shift) = (quantize_multiplier(real) for real in _reals(operator))
    fields = {"count": y.elements, "input_zero_point": x.zero_point, "output_zero_point": y.zero_point}
    fields |= {"below": abs(below), "below_shift": below_shift, "above": above, "above_shift": above_shift, "sign": -1 if below < 0 else 1}
    to.call("leaky_relu_s16", operator, Struct("tl_leaky_relu", fields), to.place(x), y)


SPEC = Spec("LEAKY_RELU", check, evaluate, lower, elementwise_in_place)
