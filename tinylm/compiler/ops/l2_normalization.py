"""L2_NORMALIZATION over the last dimension: int8 (output taken as 1/128 from 0, as TFLM does) and float32 (TFLM l2norm.cc)."""

from __future__ import annotations

import numpy as np

from tinylm.compiler.fixedpoint import multiply_by_quantized_multiplier
from tinylm.compiler.gemmlowp import inverse_sqrt
from tinylm.compiler.graph import Array, Operator
from tinylm.compiler.lowering import Lowering
from tinylm.compiler.ops.base import Inputs, Spec, elementwise_in_place, expect_quantized, expect_same_type, expect_types, given

_OUTPUT_BITS = 7
_EPSILON = np.float32(1e-6)
#: More squares of 255 could leave int32.
_MOST_DEPTH = ((1 << 31) - 1) // (255 * 255)


def check(operator: Operator) -> None:
    x, y = operator.input(0), operator.output
    expect_types(operator, x, "int8", "float32")
    expect_same_type(operator, x, y)
    if x.shape != y.shape or not 1 <= len(x.shape) <= 4 or x.elements == 0:
        raise operator.refuse(f"has shapes that do not fit: {x} to {y} (one to four dimensions are supported).")
    if operator.options.get("fused_activation_function", 0) != 0:
        raise operator.refuse("has a fused activation, which is not supported.")
    if x.dtype == "int8":
        expect_quantized(operator, x, y)
        if x.shape[-1] > _MOST_DEPTH:
            raise operator.refuse(f"runs over {x.shape[-1]} values; up to {_MOST_DEPTH} are supported.")


def evaluate(operator: Operator, inputs: Inputs) -> list[Array]:
    x = given(inputs, 0)
    if x.dtype == np.float32:
        total = np.zeros((*x.shape[:-1], 1), np.float32)
        with np.errstate(all="ignore"):
            for i in range(x.shape[-1]):
                total = total + x[..., i : i + 1] * x[..., i : i + 1]
            norm = np.sqrt(total)
            return [x / np.where(norm < _EPSILON, _EPSILON, norm)]
    values = x.astype(np.int64) - operator.input(0).zero_point
    multiplier, shift = inverse_sqrt((values * values).sum(axis=-1, keepdims=True))
    return [np.clip(multiply_by_quantized_multiplier(values, multiplier, shift + _OUTPUT_BITS), -128, 127).astype(np.int8)]


def lower(operator: Operator, to: Lowering) -> None:
    x, y = operator.input(0), operator.output
    depth = x.shape[-1]
    if x.dtype == "float32":
        to.call("l2_normalization_f32", operator, to.place(x), y, x.elements // depth, depth)
    else:
        to.call("l2_normalization_s8", operator, to.place(x), y, x.elements // depth, depth, x.zero_point)


SPEC = Spec("L2_NORMALIZATION", check, evaluate, lower, elementwise_in_place)
