"""LOG_SOFTMAX over the last dimension: int8 (by tables of the 256 differences to the largest) and float32 (TFLM log_softmax.cc)."""

from __future__ import annotations

import math

import numpy as np

from tinylm.compiler.fixedpoint import multiply_by_quantized_multiplier, quantize_multiplier, rounding_divide_by_pot
from tinylm.compiler.gemmlowp import exp_on_negative_values, log_at_least_one
from tinylm.compiler.graph import Array, Operator
from tinylm.compiler.libm import expf, logf
from tinylm.compiler.lowering import Lowering, Struct
from tinylm.compiler.ops.base import Inputs, Spec, elementwise_in_place, expect_quantized, expect_same_type, expect_types, given

_DIFF_BITS = 5
_SUM_BITS = 12
_OUTPUT_SHIFT = 31 - _DIFF_BITS - 4
_MOST_DEPTH = (1 << _SUM_BITS) - 1


def check(operator: Operator) -> None:
    x, y = operator.input(0), operator.output
    expect_types(operator, x, "int8", "float32")
    expect_same_type(operator, x, y)
    if x.shape != y.shape or not x.shape or x.elements == 0:
        raise operator.refuse(f"has shapes that do not fit: {x} to {y}.")
    if x.dtype == "float32":
        return
    expect_quantized(operator, x, y)
    if (y.scale, y.zero_point) != (1 / 16, 127):
        raise operator.refuse(f"needs an output scale of 1/16 and zero point 127, as TFLM does, not {y.scale:.6g} and {y.zero_point}.")
    if x.shape[-1] > _MOST_DEPTH:
        raise operator.refuse(f"runs over {x.shape[-1]} values; up to {_MOST_DEPTH} are supported.")
    multiplier, shift = _multiplier(operator)
    if not 1 <= shift <= 30 or (1 << (31 - shift)) >= multiplier:
        raise operator.refuse(f"has an impossible input scale {x.scale:.6g}.")


def _multiplier(operator: Operator) -> tuple[int, int]:
    return quantize_multiplier(min(operator.input(0).scale * (1 << (31 - _DIFF_BITS)), (1 << 31) - 1.0))


def _least(operator: Operator) -> int:
    """The lowest difference to a row's largest that counts."""
    _, shift = _multiplier(operator)
    return -math.floor(((1 << _DIFF_BITS) - 1) * 2.0 ** (31 - _DIFF_BITS) / 2.0**shift)


def _tables(operator: Operator) -> tuple[Array, Array]:
    """By value below the largest, [256] int32 each: the difference in Q5.26; its exp in Q12.19, 0 where it does not count."""
    below = np.arange(256, dtype=np.int64)
    counted = np.minimum(below, -_least(operator))
    diffs = multiply_by_quantized_multiplier(-counted, *_multiplier(operator))
    exps = rounding_divide_by_pot(exp_on_negative_values(diffs, _DIFF_BITS), _SUM_BITS)
    return diffs.astype(np.int32), np.where(below == counted, exps, 0).astype(np.int32)


def _reverse(operator: Operator) -> tuple[int, int]:
    """Of Q5.26 back to input steps."""
    multiplier, shift = _multiplier(operator)
    return quantize_multiplier((1 << (31 - shift)) / multiplier)


def evaluate(operator: Operator, inputs: Inputs) -> list[Array]:
    x = given(inputs, 0)
    if x.dtype == np.float32:
        return [_evaluate_float(x)]
    below = x.max(axis=-1, keepdims=True).astype(np.int64) - x
    diffs, exps = (entries.astype(np.int64) for entries in _tables(operator))
    log = log_at_least_one(exps[below].sum(axis=-1, keepdims=True), _SUM_BITS, _DIFF_BITS)
    least = np.maximum(_least(operator) - 1, multiply_by_quantized_multiplier(log - (1 << 31), *_reverse(operator)))
    y = np.clip(rounding_divide_by_pot(diffs[below] - log, _OUTPUT_SHIFT) + 127, -128, 127)
    return [np.where(-below > least, y, -128).astype(np.int8)]


def _evaluate_float(x: Array) -> Array:
    most = x.max(axis=-1, keepdims=True)
    exps = expf(x - most)
    total = np.zeros((*x.shape[:-1], 1), np.float32)
    for i in range(x.shape[-1]):
        total = total + exps[..., i : i + 1]
    result: Array = x - most - logf(total)
    return result


def lower(operator: Operator, to: Lowering) -> None:
    x, y = operator.input(0), operator.output
    depth = x.shape[-1]
    if x.dtype == "float32":
        to.call("log_softmax_f32", operator, to.place(x), y, x.elements // depth, depth)
        return
    diffs, exps = _tables(operator)
    reverse, reverse_shift = _reverse(operator)
    params = Struct(
        "tl_log_softmax",
        {
            "diffs": to.constant(f"diffs_{operator.index}", diffs),
            "exps": to.constant(f"exps_{operator.index}", exps),
            "least": _least(operator) - 1,
            "reverse": reverse,
            "reverse_shift": reverse_shift,
            "rows": x.elements // depth,
            "depth": depth,
        },
    )
    to.call("log_softmax_s8", operator, params, to.place(x), y)


SPEC = Spec("LOG_SOFTMAX", check, evaluate, lower, elementwise_in_place)
