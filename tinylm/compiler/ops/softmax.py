"""SOFTMAX over the last dimension (TFLM softmax_common.cc): int8 to int8 or int16, int16, float32.

int8: the exp of all 256 differences to a row's largest value is a table; sum and reciprocal are gemmlowp's fixed point.
int16: two interpolated tables of 513 entries, as TFLM has them.
"""

from __future__ import annotations

import math

import numpy as np

from tinylm.compiler.fixedpoint import multiply_by_quantized_multiplier, quantize_multiplier, rounding_divide_by_pot, wrap32
from tinylm.compiler.fixedpoint import saturating_rounding_doubling_high_mul as high_mul
from tinylm.compiler.gemmlowp import exp_on_negative_values, reciprocal_of_one_plus
from tinylm.compiler.graph import Array, Operator
from tinylm.compiler.interpolation import lookup, table
from tinylm.compiler.libm import expf
from tinylm.compiler.lowering import Lowering, Struct
from tinylm.compiler.ops.base import Inputs, Spec, elementwise_in_place, expect_quantized, expect_types, given

_DIFF_BITS = 5
_SUM_BITS = 12
#: As many equal values make the 32-bit sum of exps overflow (TFLM then aborts).
_MOST_DEPTH = (1 << _SUM_BITS) - 1
_MOST_DEPTH_16 = (1 << 16) - 1
_OUTPUTS = {
    ("int8", "int8"): (1 / 256, -128, 0.0),
    ("int8", "int16"): (1 / 65536, -32768, 0.001 / 65536),
    ("int16", "int16"): (1 / 32768, 0, 0.001 / 32768),
}


def check(operator: Operator) -> None:
    x, y = operator.input(0), operator.output
    expect_types(operator, x, "int8", "int16", "float32")
    if x.shape != y.shape or not x.shape or x.elements == 0:
        raise operator.refuse(f"has shapes that do not fit: {x} to {y}.")
    if not math.isfinite(_beta(operator)):
        raise operator.refuse("has a beta that is no number.")
    if x.dtype == "float32":
        expect_types(operator, y, "float32")
        return
    expect_types(operator, y, "int8", "int16") if x.dtype == "int8" else expect_types(operator, y, "int16")
    expect_quantized(operator, x, y)
    scale, zero_point, tolerance = _OUTPUTS[x.dtype, y.dtype]
    if abs(y.scale - scale) > tolerance or y.zero_point != zero_point or (x.dtype == "int16" and x.zero_point != 0):
        raise operator.refuse(
            f"needs an output scale of 1/{round(1 / scale)} and zero point {zero_point}, as TFLM does, "
            f"not {y.scale:.6g} and {y.zero_point}."
        )
    if x.shape[-1] > (_MOST_DEPTH if x.dtype == "int8" else _MOST_DEPTH_16):
        raise operator.refuse(f"runs over {x.shape[-1]} values; up to {_MOST_DEPTH} are supported.")
    _, shift = _multiplier(operator)
    if not 0 <= shift <= 30 and x.dtype == "int8":
        raise operator.refuse(f"has an input scale times beta too small: {x.scale:.6g} * {_beta(operator):.6g}.")
    if shift > 30 or _beta(operator) <= 0:
        raise operator.refuse(f"has an impossible input scale times beta: {x.scale:.6g} * {_beta(operator):.6g}.")


def _beta(operator: Operator) -> float:
    return float(operator.options.get("beta", 0.0))


def _multiplier(operator: Operator) -> tuple[int, int]:
    x = operator.input(0)
    if x.dtype == "int16":
        return quantize_multiplier(x.scale * _beta(operator) / (10.0 / 65535.0))
    real = min(_beta(operator) * x.scale * (1 << (31 - _DIFF_BITS)), (1 << 31) - 1.0)
    return quantize_multiplier(real) if real > 1 else (0, -1)


def exps_of(operator: Operator) -> Array:
    """[256] int32: exp, Q0.31, of values 0 .. 255 below the largest."""
    multiplier, shift = _multiplier(operator)
    radius = math.floor(((1 << _DIFF_BITS) - 1) * 2.0 ** (31 - _DIFF_BITS) / 2.0**shift)
    below = np.arange(256, dtype=np.int64)
    exps = exp_on_negative_values(multiply_by_quantized_multiplier(-np.minimum(below, radius), multiplier, shift), _DIFF_BITS)
    return np.where(below <= radius, exps, 0).astype(np.int32)


def evaluate(operator: Operator, inputs: Inputs) -> list[Array]:
    x, y = given(inputs, 0), operator.output
    if x.dtype == np.float32:
        return [_evaluate_float(x, _beta(operator))]
    below = x.max(axis=-1, keepdims=True).astype(np.int64) - x
    return [(_evaluate16(operator, below) if x.dtype == np.int16 else _evaluate8(operator, below)).astype(y.dtype)]


def _evaluate8(operator: Operator, below: Array) -> Array:
    info = np.iinfo(operator.output.dtype)
    exps = exps_of(operator).astype(np.int64)[below]
    total = rounding_divide_by_pot(exps, _SUM_BITS).sum(axis=-1, keepdims=True)
    zeros = 32 - np.ceil(np.log2(total + 1)).astype(np.int64)
    scale = reciprocal_of_one_plus((total << zeros) - (1 << 31))
    result = rounding_divide_by_pot(high_mul(scale, exps), _SUM_BITS - zeros + 31 - info.bits) + info.min
    clipped: Array = np.clip(result, info.min, info.max)
    return clipped


def _tables() -> tuple[Array, Array]:
    """(exp over -10 .. 0, 1 / (1 + v) over 0 .. 1), both [513] int16 over the int16 range."""
    span = np.float32(65535)
    exps = table(np.float32(10) / span, 32767, np.float32(2) / span, 0, expf)
    reciprocals = table(np.float32(1) / span, -32768, np.float32(2) / span, 0, lambda v: np.float32(1) / (np.float32(1) + v))
    return exps, reciprocals


def _evaluate16(operator: Operator, below: Array) -> Array:
    exps, reciprocals = _tables()
    scaled = multiply_by_quantized_multiplier(-below, *_multiplier(operator))
    values = lookup(exps, np.clip(wrap32(scaled + 32767), -32768, 32767))
    total = values.sum(axis=-1, keepdims=True)
    zeros = 32 - np.ceil(np.log2(total + 1)).astype(np.int64)
    unit = (((total << (zeros - 1)) + (1 << 13)) >> 14) - ((1 << 15) + (1 << 16))
    scale, shift = lookup(reciprocals, np.clip(unit, -32768, 32767)), 31 - zeros
    clipped: Array = np.clip((values * scale + (np.int64(1) << (shift - 1))) >> shift, 0, 32767)
    return clipped


def _evaluate_float(x: Array, beta: float) -> Array:
    exps = expf((x - x.max(axis=-1, keepdims=True)) * np.float32(beta))
    total = np.zeros(x.shape[:-1], np.float32)
    for i in range(x.shape[-1]):
        total = total + exps[..., i]
    return exps / total[..., None]


def lower(operator: Operator, to: Lowering) -> None:
    x, y = operator.input(0), operator.output
    depth = x.shape[-1]
    rows = x.elements // depth
    if x.dtype == "float32":
        to.call("softmax_f32", operator, to.place(x), y, rows, depth, _beta(operator))
        return
    if x.dtype == "int8":
        exps = to.constant(f"exps_{operator.index}", exps_of(operator))
        to.call("softmax_s8" if y.dtype == "int8" else "softmax_s8_s16", operator, exps, to.place(x), y, rows, depth)
        return
    multiplier, shift = _multiplier(operator)
    exp, reciprocal = _tables()
    params = Struct(
        "tl_softmax",
        {
            "exp": to.constant("softmax_exp", exp),
            "reciprocal": to.constant("softmax_reciprocal", reciprocal),
            "multiplier": multiplier,
            "shift": shift,
            "rows": rows,
            "depth": depth,
        },
    )
    to.call("softmax_s16", operator, params, to.place(x), y)


SPEC = Spec("SOFTMAX", check, evaluate, lower, elementwise_in_place)
