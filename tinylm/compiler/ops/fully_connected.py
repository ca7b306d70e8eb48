"""FULLY_CONNECTED: y = activation(x w^T + b), weights [outputs, inputs] (TFLM fully_connected_common.cc).

int8 (weights int8 or int4, with a zero point if they have one scale), int16 x int8, float32. Per-channel int4 weights, which TFLM
refuses, mean what the int8 model of the same values means.
"""

from __future__ import annotations

import numpy as np

from tinylm.compiler.fixedpoint import wrap32
from tinylm.compiler.graph import Array, Operator
from tinylm.compiler.lowering import Field, Lowering, Struct
from tinylm.compiler.ops import scalar, signs, vector
from tinylm.compiler.ops import weights as q
from tinylm.compiler.ops.base import Inputs, Spec, activation_range, float_activation_range, given, weighted_products
from tinylm.compiler.ops.packed import Rows, lower_fully_connected, lower_pointwise, shares_convolution
from tinylm.compiler.packing import nibble_pairs

_INT32 = 2


def check(operator: Operator) -> None:
    x, w, y, bias = operator.input(0), operator.input(1), operator.output, operator.optional(2)
    if operator.options.get("weights_format", 0) != 0:
        raise operator.refuse("has shuffled weights, which is not supported.", "Convert the model without shuffling.")
    if len(w.shape) != 2:
        raise operator.refuse(f"needs weights [outputs, inputs], not {w}.")
    q.check_weights(operator, x, w, y, bias, axis=0)
    outputs, inputs = w.shape
    if inputs == 0 or x.elements % inputs or y.elements != x.elements // inputs * outputs or y.shape[-1] != outputs:
        raise operator.refuse(f"has shapes that do not fit: {x} times {w} to {y}.")
    if x.dtype == "float32":
        float_activation_range(operator)
        return
    if bias is not None and q.scales(w).size == 1:
        q.check_bias_scale(operator, x, w, bias, y)
    activation_range(operator, y)
    multipliers_of(operator)


def _wide(operator: Operator) -> bool:
    """Whether sums have 64 bits: int16 unless the bias is int32 (or said to be, where there is none)."""
    bias = operator.optional(2)
    if operator.input(0).dtype != "int16":
        return False
    return bool(operator.options.get("quantized_bias_type", 0) != _INT32) if bias is None else bias.dtype == "int64"


def multipliers_of(operator: Operator) -> tuple[Array, Array]:
    """Multiplier and shift per output channel, or one of each. The per-tensor product of scales is a double, as TFLM's."""
    x, w, y = operator.input(0), operator.input(1), operator.output
    if q.scales(w).size > 1:
        return q.channel_multipliers(operator, x, w, y, _wide(operator))
    real = float(x.scale) * float(q.scales(w)[0]) / y.scale
    return q.multipliers(operator, [real], q.MOST_SHIFT_64 if _wide(operator) else q.MOST_SHIFT)


def weights_zero_point(operator: Operator) -> int:
    """TFLM takes it for weights of one scale only."""
    w = operator.input(1)
    return w.zero_point if q.scales(w).size == 1 else 0


def _folded_bias(operator: Operator) -> tuple[Array, Array]:
    """(weights less their zero point, bias with the input's zero point folded in, both int64)."""
    x, w, bias = operator.input(0), operator.input(1), operator.optional(2)
    weights = w.values().astype(np.int64) - weights_zero_point(operator)
    folded = -x.zero_point * weights.sum(axis=1)
    return weights, folded if bias is None else folded + bias.values().reshape(-1)


def evaluate(operator: Operator, inputs: Inputs) -> list[Array]:
    y = operator.output
    if y.dtype == "float32":
        return [_evaluate_float(operator, given(inputs, 0))]
    weights, bias = _folded_bias(operator)
    # float64 (and its fast matrix product) is exact for sums this far below 2^53.
    x = given(inputs, 0).astype(np.float64).reshape(-1, weights.shape[1])
    total = (x @ weights.T.astype(np.float64)).astype(np.int64) + bias
    wide = _wide(operator)
    done = q.finish(total, *multipliers_of(operator), wide, y.zero_point, *activation_range(operator, y))
    return [done.astype(y.dtype).reshape(y.shape)]


def _evaluate_float(operator: Operator, x: Array) -> Array:
    """Summed in order, in float32, as TFLM does."""
    w, bias, y = operator.input(1).values(), operator.optional(2), operator.output
    rows = x.reshape(-1, w.shape[1])
    total = np.zeros((rows.shape[0], w.shape[0]), np.float32)
    with np.errstate(all="ignore"):
        for i in range(w.shape[1]):
            total = total + rows[:, i, None] * w[None, :, i]
        total = total + (np.float32(0) if bias is None else bias.values().reshape(-1))
    low, high = (np.float32(limit) for limit in float_activation_range(operator))
    return np.where(total < low, low, np.where(total > high, high, total)).reshape(y.shape)


def lower(operator: Operator, to: Lowering) -> None:
    x, w, y, bias = operator.input(0), operator.input(1), operator.output, operator.optional(2)
    outputs, inputs = w.shape
    sizes: dict[str, Field] = {"batches": x.elements // inputs, "inputs": inputs, "outputs": outputs}
    if x.dtype == "float32":
        values = np.zeros(outputs, np.float32) if bias is None else bias.values().reshape(-1)
        low, high = float_activation_range(operator)
        floats = {"weights": to.constant(f"weights_{operator.index}", w.values()), "bias": to.constant(f"bias_{operator.index}", values)}
        to.call("fc_f32", operator, Struct("tl_fc_float", {**floats, **sizes, "low": low, "high": high}), to.place(x), y)
        return
    weights, folded = _folded_bias(operator)
    wide, zero_point = _wide(operator), weights_zero_point(operator)
    if w.dtype == "int8" and np.array_equal(weights, weights.astype(np.int8)):
        zero_point = 0
    stored = (weights + (weights_zero_point(operator) if zero_point else 0)).astype(np.int8)
    if w.dtype == "int4":
        stored = w.values()
    multiplier, shift = multipliers_of(operator)
    low, high = activation_range(operator, y)
    packs = x.dtype == "int8" and not zero_point and (to.packs("dsp") or to.packs(scalar.FEATURE))
    worth = to.optimize == "speed" or w.dtype not in to.seldom  # kernels of its own cost 2 KB
    if packs and to.decide(operator, "packed", worth):
        rows = Rows(stored, wrap32(folded).astype(np.int32), multiplier, shift, y.zero_point, low, high)
        if vector.takes(operator, to):
            vector.lower_fully_connected(operator, to, rows)
            return
        narrow = w.dtype == "int4" if to.packs("dsp") else nibble_pairs.fits(stored)
        if signs.lower(operator, to, rows, "int4" if narrow else "int8"):
            return
        if to.packs("dsp") and shares_convolution(operator, to, rows):
            lower_pointwise(operator, to, rows)
        elif to.packs("dsp"):
            lower_fully_connected(operator, to, rows, 4 if narrow else 8)
        else:
            scalar.lower_fully_connected(operator, to, rows)
        return
    fields: dict[str, Field] = {
        "weights": q.weight_constant(operator, to, w, stored),
        "bias": to.constant(f"bias_{operator.index}", folded if wide else wrap32(folded).astype(np.int32)),
        "multiplier": to.constant(f"multiplier_{operator.index}", multiplier),
        "shift": to.constant(f"shift_{operator.index}", shift),
        "per_channel": int(multiplier.size > 1),
        **sizes,
    }
    fields |= {"low": low, "high": high, "weights_zero_point": zero_point}
    if wide:
        to.call("fc_s16", operator, Struct("tl_fc_wide", fields), to.place(x), y)
        return
    fields["output_zero_point"] = y.zero_point
    kernel = "fc_s16_sum32" if x.dtype == "int16" else "fc_s4" if w.dtype == "int4" else "fc_s8_offset" if zero_point else "fc_s8"
    to.call(kernel, operator, Struct("tl_fc", fields), to.place(x), y)


SPEC = Spec("FULLY_CONNECTED", check, evaluate, lower, products=weighted_products)
