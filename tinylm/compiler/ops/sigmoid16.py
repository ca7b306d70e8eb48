"""LOGISTIC and TANH on int16: linear between the entries of a 256-entry table of the sigmoid (TFLM integer_ops/logistic.h, tanh.h)."""

from __future__ import annotations

import math

import numpy as np

from tinylm.compiler.graph import Array, Operator
from tinylm.compiler.lowering import Lowering, Struct
from tinylm.compiler.ops.base import Inputs, Spec, elementwise_in_place, expect_quantized, expect_same_type, given
from tinylm.compiler.ops.scaling import expect_same_size
from tinylm.compiler.sigmoid16 import sigmoid_table


def _log2(scale: float) -> int | None:
    """log2 of a scale that is a power of two (to a thousandth, in float32 as TFLM's CheckedLog2); else None."""
    exact = np.float32(np.log(np.float32(scale))) * (np.float32(1) / np.float32(math.log(2)))
    rounded = math.floor(abs(float(exact)) + 0.5) * (1 if exact >= 0 else -1)
    return rounded if abs(float(exact) - rounded) < 1e-3 else None


def _scale(operator: Operator) -> tuple[int, int]:
    """(multiplier, shift) that bring the input to 1/12288."""
    x = operator.input(0)
    power = _log2(x.scale)
    if power is not None and 12 + power in ((0, 1) if operator.name == "TANH" else (0,)):
        return 3 << (12 + power), 0
    multiplier, shift = x.scale * 4096.0 * 3.0, 0
    while multiplier <= 32767.0 / 2.0 and shift <= 30:
        multiplier, shift = multiplier * 2, shift + 1
    if multiplier > 32767:
        raise operator.refuse(f"has an input scale of {x.scale:.6g}, which is too large for int16.")
    return int(multiplier), shift


def check(operator: Operator) -> None:
    x, y = operator.input(0), operator.output
    expect_same_type(operator, x, y)
    expect_same_size(operator)
    expect_quantized(operator, x, y)
    if x.zero_point or y.zero_point:
        raise operator.refuse("needs zero points of 0 for int16.")
    if _log2(y.scale) != -15:
        raise operator.refuse(f"needs an output scale of 1/32768, not {y.scale:.6g}.")
    _scale(operator)


def evaluate(operator: Operator, inputs: Inputs) -> list[Array]:
    multiplier, shift = _scale(operator)
    v = (given(inputs, 0).astype(np.int64) * multiplier + ((1 << shift) >> 1)) >> shift
    tanh = operator.name == "TANH"
    bits = 8 if tanh else 9
    entries, high = sigmoid_table().astype(np.int64), np.abs(v) >> bits
    low, following = entries[np.minimum(high, 255)], entries[np.minimum(high + 1, 255)]
    between = (low << bits) + (np.abs(v) & ((1 << bits) - 1)) * (following - low)
    result = np.where(high >= 255, 0xFFFF << 8 if tanh else 0x7FFF << 10, between)
    if tanh:
        half = result - (1 << 23)
        y = np.where(v >= 0, half + 128, 127 - half) >> 8
    else:
        y = np.where(v >= 0, result + 512, (1 << 25) - result + 511) >> 10
    return [y.astype(np.int16)]


def lower(operator: Operator, to: Lowering) -> None:
    x, y = operator.input(0), operator.output
    multiplier, shift = _scale(operator)
    params = Struct("tl_sigmoid", {"table": to.constant("sigmoid_table", sigmoid_table()), "multiplier": multiplier, "shift": shift})
    to.call(f"{operator.name.lower()}_s16", operator, params, to.place(x), y, y.elements)


def sigmoid_spec(name: str) -> Spec:
    return Spec(name, check, evaluate, lower, elementwise_in_place)
