"""FULLY_CONNECTED: y = activation(x w^T + b), weights [outputs, inputs] (TFLM fully_connected_common.cc)."""

from __future__ import annotations

import numpy as np

from tinylm.compiler.fixedpoint import multiply_by_quantized_multiplier, quantize_multiplier, wrap32
from tinylm.compiler.graph import Array, Operator
from tinylm.compiler.lowering import Lowering, Struct
from tinylm.compiler.ops.base import Inputs, Spec, activation_range, expect_quantized, expect_types, given
from tinylm.compiler.ops.packed import Rows, lower_fully_connected


def check(operator: Operator) -> None:
    x, w, y, bias = operator.input(0), operator.input(1), operator.output, operator.optional(2)
    expect_types(operator, x, "int8")
    expect_types(operator, y, "int8")
    expect_types(operator, w, "int8", "int4")
    expect_quantized(operator, x, y)
    if operator.options.get("weights_format", 0) != 0:
        raise operator.refuse("has shuffled weights, which is not supported.", "Convert the model without shuffling.")
    if w.quantization is None or len(w.shape) != 2 or not w.constant:
        raise operator.refuse(f"needs constant quantised weights [outputs, inputs], not {w}.")
    if w.quantization.per_channel and w.quantization.axis != 0:
        raise operator.refuse(f"needs per-channel scales along axis 0 of {w}.")
    outputs, inputs = w.shape
    if inputs == 0 or x.elements % inputs or y.elements != x.elements // inputs * outputs:
        raise operator.refuse(f"has shapes that do not fit: {x} times {w} to {y}.")
    if bias is not None:
        expect_types(operator, bias, "int32")
        if bias.elements != outputs or not bias.constant:
            raise operator.refuse(f"needs a constant bias of {outputs} values, not {bias}.")
    activation_range(operator, y)


def _multipliers(operator: Operator) -> tuple[Array, Array]:
    """Multiplier and shift per output channel, or one of each. The per-tensor product of scales is a float32, as TFLM's."""
    x, w, y = operator.input(0), operator.input(1), operator.output
    assert w.quantization is not None
    if w.quantization.per_channel:
        reals = [x.scale * float(s) / y.scale for s in w.quantization.scale]
    else:
        reals = [float(np.float32(x.scale) * w.quantization.scale[0]) / y.scale]
    pairs = [quantize_multiplier(real) for real in reals]
    return np.array([p[0] for p in pairs], np.int32), np.array([p[1] for p in pairs], np.int8)


def _folded_bias(operator: Operator) -> tuple[Array, Array]:
    """(weights less their zero point as int16, bias with the input's zero point folded in, int32 modulo 2^32)."""
    x, w, bias = operator.input(0), operator.input(1), operator.optional(2)
    assert w.quantization is not None
    zero = 0 if w.quantization.per_channel else w.zero_point
    weights = w.values().astype(np.int16) - np.int16(zero)
    folded = -x.zero_point * weights.astype(np.int64).sum(axis=1)
    if bias is not None:
        folded = folded + bias.values().reshape(-1)
    return weights, wrap32(folded).astype(np.int32)


def evaluate(operator: Operator, inputs: Inputs) -> list[Array]:
    weights, bias = _folded_bias(operator)
    multiplier, shift = _multipliers(operator)
    x = given(inputs, 0).astype(np.int64).reshape(-1, weights.shape[1])
    total = wrap32(x @ weights.T.astype(np.int64) + bias)
    scaled = multiply_by_quantized_multiplier(total, multiplier, shift) + operator.output.zero_point
    low, high = activation_range(operator, operator.output)
    return [np.clip(scaled, low, high).astype(np.int8).reshape(operator.output.shape)]


def lower(operator: Operator, to: Lowering) -> None:
    x, w, y = operator.input(0), operator.input(1), operator.output
    weights, bias = _folded_bias(operator)
    if np.any(weights != weights.astype(np.int8)):
        raise operator.refuse("has weights whose zero point takes them out of int8, which is not supported.")
    multiplier, shift = _multipliers(operator)
    low, high = activation_range(operator, y)
    outputs, inputs = w.shape
    if to.packs("dsp"):
        rows = Rows(weights.astype(np.int8), bias, multiplier, shift, y.zero_point, low, high)
        lower_fully_connected(operator, to, rows, 4 if w.dtype == "int4" else 8)
        return
    to.call(
        "fc_s8",
        operator,
        Struct(
            "tl_fc",
            {
                "weights": to.constant(f"weights_{operator.index}", weights.astype(np.int8)),
                "bias": to.constant(f"bias_{operator.index}", bias),
                "multiplier": to.constant(f"multiplier_{operator.index}", multiplier),
                "shift": to.constant(f"shift_{operator.index}", shift),
                "per_channel": int(multiplier.size > 1),
                "batches": x.elements // inputs,
                "inputs": inputs,
                "outputs": outputs,
                "output_zero_point": y.zero_point,
                "low": low,
                "high": high,
            },
        ),
        x,
        y,
    )


SPEC = Spec("FULLY_CONNECTED", check, evaluate, lower)
