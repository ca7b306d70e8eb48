"""MUL on int8 (TFLM mul_common.cc)."""

from __future__ import annotations

import numpy as np

from tinylm.compiler.fixedpoint import multiply_by_quantized_multiplier, quantize_multiplier
from tinylm.compiler.graph import Array, Operator
from tinylm.compiler.lowering import Lowering, Struct
from tinylm.compiler.ops import scalar
from tinylm.compiler.ops.base import Inputs, Spec, activation_range, elementwise_in_place, expect_quantized, expect_types, given
from tinylm.compiler.ops.broadcast import check_broadcast, loops
from tinylm.compiler.ops.quick import lower_mul


def check(operator: Operator) -> None:
    a, b, y = operator.input(0), operator.input(1), operator.output
    for tensor in (a, b, y):
        expect_types(operator, tensor, "int8")
    expect_quantized(operator, a, b, y)
    check_broadcast(operator, a, b)
    activation_range(operator, y)


def _multiplier(operator: Operator) -> tuple[int, int]:
    return quantize_multiplier(operator.input(0).scale * operator.input(1).scale / operator.output.scale)


def evaluate(operator: Operator, inputs: Inputs) -> list[Array]:
    return [_product(operator, given(inputs, 0), given(inputs, 1)).astype(np.int8).reshape(operator.output.shape)]


def _product(operator: Operator, first: Array, second: Array) -> Array:
    a = first.astype(np.int64) - operator.input(0).zero_point
    b = second.astype(np.int64) - operator.input(1).zero_point
    product = multiply_by_quantized_multiplier(a * b, *_multiplier(operator)) + operator.output.zero_point
    return np.clip(product, *activation_range(operator, operator.output))


def lower(operator: Operator, to: Lowering) -> None:
    a, b, y = operator.input(0), operator.input(1), operator.output
    multiplier, shift = _multiplier(operator)
    low, high = activation_range(operator, y)
    if lower_mul(operator, to, multiplier, shift, low, high):
        return
    if scalar.lower_product(operator, to, (multiplier, shift), _product, low, high):
        return
    params = Struct(
        "tl_mul",
        {
            "loops": loops(operator, a, b),
            "zero_point1": a.zero_point,
            "zero_point2": b.zero_point,
            "output_zero_point": y.zero_point,
            "multiplier": multiplier,
            "shift": shift,
            "low": low,
            "high": high,
        },
    )
    to.call("mul_s8", operator, params, to.place(a), to.place(b), y)


SPEC = Spec("MUL", check, evaluate, lower, elementwise_in_place)
