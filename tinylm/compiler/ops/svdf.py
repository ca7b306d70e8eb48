"""SVDF (TFLM svdf_common.cc): int8 with an int8 or int16 state, float32. The state is a variable tensor.

Each filter's dot product with the input joins the last `memory` ones in the state; their dot products with the filter's weights in
time are summed, `rank` filters to an output. For int8 TFLM takes no notice of the fused activation.
"""

from __future__ import annotations

import numpy as np

from tinylm.compiler.fixedpoint import multiply_by_quantized_multiplier, quantize_multiplier, wrap32
from tinylm.compiler.graph import Array, Operator
from tinylm.compiler.lowering import Field, Lowering, Scratch, Struct
from tinylm.compiler.ops.base import Inputs, Spec, expect_quantized, expect_types, float_activation_range, given, type_range
from tinylm.compiler.ops.row_sums import PARTS, quick, row_set
from tinylm.compiler.ops.weights import check_shift, finish
from tinylm.compiler.packing.dual import lanes_bytes, sum_bounds

_BIAS_TOLERANCE = 1e-5


def check(operator: Operator) -> None:
    (x, features, times, bias, state), y = (operator.input(i) for i in range(5)), operator.output
    if len(operator.inputs) != 5 or any(len(tensor.shape) != 2 or tensor.elements == 0 for tensor in (x, features, times, state, y)):
        raise operator.refuse("needs five inputs, each of two dimensions.")
    filters, memory, rank = features.shape[0], times.shape[1], _rank(operator)
    shapes = (features.shape[1] == x.shape[1], times.shape[0] == filters, state.shape == (x.shape[0], memory * filters))
    if filters % rank or not all(shapes) or y.shape != (x.shape[0], filters // rank):
        raise operator.refuse(f"has shapes that do not fit: {x} by {features} and {times}, state {state}, to {y}.")
    if not state.variable or state.constant:
        raise operator.refuse(f"needs its state to be a variable tensor, not {state}.")
    if not (features.constant and times.constant) or not bias.constant or bias.shape != (filters // rank,):
        raise operator.refuse("needs constant weights, and a constant bias for every output.")
    if x.dtype == "float32":
        for tensor in (features, times, bias, state, y):
            expect_types(operator, tensor, "float32")
        float_activation_range(operator)
        return
    for tensor in (x, features, y):
        expect_types(operator, tensor, "int8")
    expect_types(operator, times, "int8", "int16")
    expect_types(operator, state, times.dtype)
    expect_types(operator, bias, "int32")
    expect_quantized(operator, x, features, times, state, y)
    scale = float(np.float32(state.scale) * np.float32(times.scale))
    if bias.quantization is None or abs(bias.scale - scale) >= _BIAS_TOLERANCE:
        raise operator.refuse(f"needs its bias scaled by {scale:.6g} (state times weights in time).")
    check_shift(operator, _reals(operator))


def _rank(operator: Operator) -> int:
    rank = operator.options.get("rank", 0)
    if not isinstance(rank, int) or rank < 1:
        raise operator.refuse(f"has rank {rank}.")
    return rank


def _reals(operator: Operator) -> tuple[float, float]:
    """Factors into the state and into the output, in double precision."""
    x, features, times, state = (operator.input(i).scale for i in (0, 1, 2, 4))
    return x * features / state, state * times / operator.output.scale


def _folded(operator: Operator) -> tuple[Array, Array]:
    """What the zero points of input and state add: per filter before the state; per output, with the bias. int64, modulo 2^32."""
    x, features, times, bias, state = (operator.input(i) for i in range(5))
    feature_bias = -x.zero_point * features.values().astype(np.int64).sum(axis=1)
    per_filter = -state.zero_point * times.values().astype(np.int64).sum(axis=1)
    return wrap32(feature_bias), wrap32(bias.values().reshape(-1) + per_filter.reshape(-1, _rank(operator)).sum(axis=1))


def evaluate(operator: Operator, inputs: Inputs) -> list[Array]:
    """[output, new state]."""
    times = operator.input(2).values()
    filters, memory = times.shape
    old = given(inputs, 4).reshape(-1)
    state = np.append(old[1:], old[-1:]).reshape(-1, filters, memory)
    if old.dtype == np.float32:
        return _evaluate_float(operator, given(inputs, 0), state)
    feature_bias, bias = _folded(operator)
    (into_state, into_output), kind = (quantize_multiplier(real) for real in _reals(operator)), operator.input(4)
    dots = given(inputs, 0).astype(np.int64) @ operator.input(1).values().astype(np.int64).T + feature_bias
    scaled = np.clip(multiply_by_quantized_multiplier(wrap32(dots), *into_state), *type_range(kind))
    state[:, :, -1] = (scaled + kind.zero_point).astype(old.dtype)
    sums = (state.astype(np.int64) * times.astype(np.int64)).sum(axis=2).reshape(len(state), -1, _rank(operator)).sum(axis=2) + bias
    multiplier, shift = (np.array(v) for v in into_output)
    return [finish(sums, multiplier, shift, False, operator.output.zero_point, -128, 127).astype(np.int8), state]


def _evaluate_float(operator: Operator, x: Array, state: Array) -> list[Array]:
    features, times, bias = (operator.input(i).values() for i in (1, 2, 3))
    with np.errstate(all="ignore"):
        dots = np.zeros((x.shape[0], features.shape[0]), np.float32)
        for i in range(x.shape[1]):
            dots = dots + features[None, :, i] * x[:, i, None]
        state[:, :, -1] = dots
        sums = np.zeros_like(dots)
        for j in range(times.shape[1]):
            sums = sums + times[None, :, j] * state[:, :, j]
        y = np.broadcast_to(bias.reshape(-1), operator.output.shape)
        for r in range(_rank(operator)):
            y = y + sums.reshape(len(state), -1, _rank(operator))[:, :, r]
    low, high = (np.float32(limit) for limit in float_activation_range(operator))
    return [np.where(y < low, low, np.where(y > high, high, y)), state]


def lower(operator: Operator, to: Lowering) -> None:
    (x, features, times, bias, state), y = (operator.input(i) for i in range(5)), operator.output
    fields: dict[str, Field] = {
        "features": to.constant(f"features_{operator.index}", features.values()),
        "times": to.constant(f"times_{operator.index}", times.values()),
        "batches": x.shape[0],
        "inputs": x.shape[1],
        "filters": features.shape[0],
        "memory": times.shape[1],
        "rank": _rank(operator),
    }
    if x.dtype == "float32":
        low, high = float_activation_range(operator)
        fields |= {"bias": to.constant(f"bias_{operator.index}", bias.values().reshape(-1)), "low": low, "high": high}
        to.call("svdf_f32", operator, Struct("tl_svdf_float", fields), to.place(x), state, y)
        return
    if state.dtype == "int8" and to.packs("dsp"):
        _lower_packed(operator, to)
        return
    feature_bias, folded = _folded(operator)
    (multiplier, shift), (output_multiplier, output_shift) = (quantize_multiplier(real) for real in _reals(operator))
    fields |= {
        "feature_bias": to.constant(f"feature_bias_{operator.index}", feature_bias.astype(np.int32)),
        "bias": to.constant(f"bias_{operator.index}", folded.astype(np.int32)),
        "multiplier": multiplier,
        "shift": shift,
        "state_zero_point": state.zero_point,
        "output_multiplier": output_multiplier,
        "output_shift": output_shift,
        "output_zero_point": y.zero_point,
    }
    to.call("svdf_s8" if state.dtype == "int8" else "svdf_s16", operator, Struct("tl_svdf", fields), to.place(x), state, y)


def _lower_packed(operator: Operator, to: Lowering) -> None:
    (x, features, times, _, state), y = (operator.input(i) for i in range(5)), operator.output
    feature_bias, folded = _folded(operator)
    into_state, into_output = (quantize_multiplier(real) for real in _reals(operator))
    ends = sum_bounds(times.values().reshape(folded.size, -1), folded)
    filters = features.shape[0]
    fields: dict[str, Field] = {
        "features": row_set(to, f"features_{operator.index}", features.values(), feature_bias),
        "feature": quick(sum_bounds(features.values(), feature_bias), *into_state, 0),
        "output": quick(ends, *into_output, y.zero_point),
        "times": to.constant(f"times_{operator.index}", times.values()),
        "bias": to.constant(f"bias_{operator.index}", folded.astype(np.int32)),
        "batches": x.shape[0],
        "filters": filters,
        "memory": times.shape[1],
        "rank": _rank(operator),
        "state_zero_point": state.zero_point,
    }
    scratch = Scratch(4 * (filters + -filters % 4) + lanes_bytes(x.shape[1]))
    to.call("svdf_packed_s8", operator, Struct("tl_svdf_packed", fields), to.place(x), state, y, scratch, parts=PARTS)


def _products(operator: Operator) -> int:
    """Of every filter with the input, and with its weights in time."""
    (filters, inputs), memory = operator.input(1).shape, operator.input(2).shape[1]
    return int(operator.input(0).shape[0] * filters * (inputs + memory))


SPEC = Spec("SVDF", check, evaluate, lower, stateful=True, products=_products)
