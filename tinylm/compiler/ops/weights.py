"""Quantised weights: the types that go together, requantisation per output channel, biases, int4 packing.

Shared by convolutions and matrix products (TFLM kernel_util.cc, PopulateConvolutionQuantizationParams).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np

from tinylm.compiler.fixedpoint import multiply_by_quantized_multiplier, quantize_multiplier, wrap32
from tinylm.compiler.graph import Array, Operator, Tensor
from tinylm.compiler.lowering import Const, Lowering
from tinylm.compiler.ops.base import expect_quantized, expect_types

#: Beyond this a product with the multiplier cannot be shifted within 32 bits (and the scales are absurd).
MOST_SHIFT = 30
#: The left shift that TFLM's 64-bit requantisation takes.
MOST_SHIFT_64 = 7


def check_weights(operator: Operator, x: Tensor, w: Tensor, y: Tensor, bias: Tensor | None, axis: int) -> None:
    """Raise ModelError unless types and quantisation go together. axis: of the weights' output channels."""
    expect_types(operator, x, "int8", "int16", "float32")
    if y.dtype != x.dtype:
        raise operator.refuse(f"mixes types: {x} to {y}.")
    if 0 in x.shape or 0 in y.shape:
        raise operator.refuse(f"has an empty tensor: {x} to {y}.")
    channels = w.shape[axis]
    if not w.constant:
        raise operator.refuse(f"needs constant weights, not {w}.")
    if bias is not None:
        expect_types(operator, bias, *_BIAS_TYPES[x.dtype])
        if bias.elements != channels or not bias.constant:
            raise operator.refuse(f"needs a constant bias of {channels} values, not {bias}.")
    expect_types(operator, w, *_WEIGHT_TYPES[x.dtype])
    if x.dtype == "float32":
        return
    expect_quantized(operator, x, y)
    if x.dtype == "int16" and (x.zero_point, y.zero_point) != (0, 0):
        raise operator.refuse(f"needs zero points of 0 for int16: {x} to {y}.")
    if w.quantization is None:
        raise operator.refuse(f"needs quantised weights, not {w}.")
    if w.quantization.per_channel and (w.quantization.axis != axis or w.quantization.scale.size != channels):
        raise operator.refuse(f"needs per-channel scales along axis {axis} of {w}.")


_BIAS_TOLERANCE = 0.02
_BIAS_TYPES = {"int8": ("int32",), "int16": ("int32", "int64"), "float32": ("float32",)}
_WEIGHT_TYPES = {"int8": ("int8", "int4"), "int16": ("int8",), "float32": ("float32",)}


def check_bias_scale(operator: Operator, x: Tensor, w: Tensor, bias: Tensor, y: Tensor) -> None:
    """TFLM wants the scale of the bias near that of the products (a bias without one counts as 0)."""
    scale = 0.0 if bias.quantization is None else float(bias.quantization.scale[0])
    product = x.scale * float(scales(w)[0])
    if abs(product - scale) / y.scale > _BIAS_TOLERANCE:
        raise operator.refuse(f"needs its bias scaled by {product:.6g} (input times weights), not {scale:.6g}.")


def scales(w: Tensor) -> Array:
    assert w.quantization is not None
    return w.quantization.scale


def check_shift(operator: Operator, reals: Iterable[float], most: int = MOST_SHIFT) -> None:
    """Raise ModelError for real factors too large for fixed point."""
    if any(not math.isfinite(real) or quantize_multiplier(real)[1] > most for real in reals):
        raise operator.refuse("has an output scale too small for its inputs.", "Check the model's scales.")


def multipliers(operator: Operator, reals: Sequence[float], most: int = MOST_SHIFT) -> tuple[Array, Array]:
    """(multiplier [n] int32, shift [n] int8) of real factors. Raises ModelError for factors too large for fixed point."""
    check_shift(operator, reals, most)
    pairs = [quantize_multiplier(real) for real in reals]
    return np.array([m for m, _ in pairs], np.int32), np.array([s for _, s in pairs], np.int8)


def channel_multipliers(operator: Operator, x: Tensor, w: Tensor, y: Tensor, wide: bool) -> tuple[Array, Array]:
    """One multiplier and shift per weight scale. wide: for 64-bit sums (see ``requantize64``)."""
    reals = [x.scale * float(scale) / y.scale for scale in scales(w)]
    return multipliers(operator, reals, MOST_SHIFT_64 if wide else MOST_SHIFT)


def requantize64(total: Array, multiplier: Array, shift: Array) -> Array:
    """A 64-bit sum scaled as TFLM scales it: the multiplier rounded to 16 bits, one rounding, result modulo 2^32."""
    short = np.where(multiplier < 0x7FFF0000, (multiplier.astype(np.int64) + (1 << 15)) >> 16, 0x7FFF)
    total_shift = 15 - shift.astype(np.int64)
    return wrap32((total * short + (np.int64(1) << (total_shift - 1))) >> total_shift)


def finish(total: Array, multiplier: Array, shift: Array, wide: bool, zero_point: int, low: int, high: int) -> Array:
    """Integer sums -> output integers (int64)."""
    scaled = requantize64(total, multiplier, shift) if wide else multiply_by_quantized_multiplier(wrap32(total), multiplier, shift)
    return np.clip(wrap32(scaled + zero_point), low, high)


def pack_int4(values: Array) -> Array:
    """Rows [n, k] of int4 values as bytes [n, (k + 1) / 2], low nibble first; every row starts on a byte."""
    nibbles = np.ascontiguousarray(values, np.int8).view(np.uint8) & 15
    if nibbles.shape[1] % 2:
        nibbles = np.pad(nibbles, ((0, 0), (0, 1)))
    packed: Array = nibbles[:, 0::2] | nibbles[:, 1::2] << 4
    return packed.astype(np.uint8)


def weight_constant(operator: Operator, to: Lowering, w: Tensor, rows: Array) -> Const:
    """The weights in flash; int4 stays packed."""
    data = pack_int4(rows) if w.dtype == "int4" else rows
    return to.constant(f"weights_{operator.index}", data)
