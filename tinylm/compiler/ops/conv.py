"""CONV_2D and DEPTHWISE_CONV_2D (TFLM conv_common.cc, depthwise_conv_common.cc): int8 (weights int8 or int4), int16 x int8, float32.

Grouped CONV_2D follows from the weights' depth. Like TFLM's, the integer kernels take weights to be symmetric: a zero point that the
file gives them is ignored.
"""

from __future__ import annotations

import numpy as np

from tinylm.compiler.fixedpoint import wrap32
from tinylm.compiler.graph import Array, Operator
from tinylm.compiler.lowering import Field, Lowering, Struct
from tinylm.compiler.ops import scalar, signs, vector
from tinylm.compiler.ops import weights as q
from tinylm.compiler.ops.base import Inputs, Spec, activation_range, float_activation_range, given, weighted_products
from tinylm.compiler.ops.depthwise import lower_depthwise, takes_depthwise
from tinylm.compiler.ops.packed import Rows, lower_convolution, lower_fully_connected, shares_convolution
from tinylm.compiler.ops.window import Window, expect_images, fields, option, overlap, patches, window_of
from tinylm.compiler.placement import Overlap

_DEPTHWISE = "DEPTHWISE_CONV_2D"


def channel_axis(operator: Operator) -> int:
    """Of the weights' output channels."""
    return 3 if operator.name == _DEPTHWISE else 0


def _window(operator: Operator) -> Window:
    w = operator.input(1)
    return window_of(operator, w.shape[1], w.shape[2])


def check(operator: Operator) -> None:
    x, w, y, bias = operator.input(0), operator.input(1), operator.output, operator.optional(2)
    expect_images(operator, x, w, y)
    q.check_weights(operator, x, w, y, bias, channel_axis(operator))
    _window(operator)
    channels, depth = x.shape[3], w.shape[3]
    if operator.name == _DEPTHWISE:
        if w.shape[0] != 1 or depth != channels * option(operator, "depth_multiplier") or y.shape[3] != depth:
            raise operator.refuse(f"has shapes that do not fit: {x} by {w} to {y}.")
        if x.dtype == "int16" and bias is not None and bias.dtype != "int64":
            raise operator.refuse(f"needs an int64 bias with int16, not {bias}.")
    elif channels % depth or w.shape[0] % (channels // depth) or y.shape[3] != w.shape[0]:
        raise operator.refuse(f"has shapes that do not fit: {x} by {w} to {y}.")
    if x.dtype == "float32":
        float_activation_range(operator)
    else:
        activation_range(operator, y)
        q.channel_multipliers(operator, x, w, y, _wide(operator))


def _wide(operator: Operator) -> bool:
    """Whether sums have 64 bits: int16 unless the bias is int32 (or said to be, where there is none)."""
    bias = operator.optional(2)
    if operator.input(0).dtype != "int16":
        return False
    if operator.name == _DEPTHWISE or bias is not None:
        return bias is None or bias.dtype == "int64"
    return bool(operator.options.get("quantized_bias_type", 0) != _INT32)


_INT32 = 2


def _bias(operator: Operator) -> Array:
    """[output channels] int64 or float32."""
    bias, kind = operator.optional(2), np.float32 if operator.input(0).dtype == "float32" else np.int64
    return np.zeros(operator.output.shape[3], kind) if bias is None else bias.values().reshape(-1).astype(kind)


def evaluate(operator: Operator, inputs: Inputs) -> list[Array]:
    x, w, y = operator.input(0), operator.input(1), operator.output
    if x.dtype == "float32":
        return [_evaluate_float(operator, given(inputs, 0))]
    near, _ = patches(given(inputs, 0).astype(np.float64) - x.zero_point, _window(operator))
    weights = w.values().astype(np.float64)
    if operator.name == _DEPTHWISE:
        total = np.einsum("byxijc,ijc->byxc", np.repeat(near, y.shape[3] // x.shape[3], axis=5), weights[0])
    else:
        groups = x.shape[3] // w.shape[3]
        parts = zip(np.split(near, groups, axis=5), np.split(weights, groups), strict=True)
        total = np.concatenate([np.tensordot(part, kernel, ([3, 4, 5], [1, 2, 3])) for part, kernel in parts], axis=3)
    # Sums stay far below 2^53, so that float64 (and its fast matrix product) is exact.
    wide = _wide(operator)
    done = q.finish(
        np.rint(total).astype(np.int64) + _bias(operator),
        *q.channel_multipliers(operator, x, w, y, wide),
        wide,
        y.zero_point,
        *activation_range(operator, y),
    )
    return [done.astype(y.dtype)]


def _evaluate_float(operator: Operator, x: Array) -> Array:
    """Summed in TFLM's order, in float32; taps outside the input are skipped."""
    w, y = operator.input(1), operator.output
    near, inside = patches(x, _window(operator))
    weights = w.values()
    total = np.zeros(y.shape, np.float32)
    group = y.shape[3] // (x.shape[3] // w.shape[3]) if operator.name != _DEPTHWISE else 1
    with np.errstate(all="ignore"):
        for i, j in np.ndindex(w.shape[1], w.shape[2]):
            for depth in range(1 if operator.name == _DEPTHWISE else w.shape[3]):
                if operator.name == _DEPTHWISE:
                    product = np.repeat(near[:, :, :, i, j], y.shape[3] // x.shape[3], axis=3) * weights[0, i, j]
                else:
                    channel = np.arange(y.shape[3]) // group * w.shape[3] + depth
                    product = near[:, :, :, i, j][..., channel] * weights[:, i, j, depth]
                total = np.where(inside[None, :, :, i, j, None], total + product, total)
        total = total + _bias(operator)
    low, high = (np.float32(limit) for limit in float_activation_range(operator))
    clipped: Array = np.where(total < low, low, np.where(total > high, high, total))
    return clipped


def lower(operator: Operator, to: Lowering) -> None:
    x, w, y = operator.input(0), operator.input(1), operator.output
    depthwise = operator.name == _DEPTHWISE
    rows = w.values().reshape(w.shape[1] * w.shape[2] if depthwise else w.shape[0], -1)
    window, values = _window(operator), _bias(operator)
    packs = (to.packs("dsp") or to.packs(scalar.FEATURE)) and _packable(operator)
    if packs and to.decide(operator, "packed", True):
        _lower_packed(operator, to, window, rows.T if depthwise else rows)
        return
    widened = depthwise and w.dtype == "int4" and any(map(to.packs, ("dsp", scalar.FEATURE, vector.FEATURE)))
    weights = to.constant(f"weights_{operator.index}", rows) if widened else q.weight_constant(operator, to, w, rows)
    common: dict[str, Field] = {"window": fields(operator, window), "weights": weights}
    if depthwise:
        common["depth_multiplier"] = y.shape[3] // x.shape[3]
    else:
        groups = x.shape[3] // w.shape[3]
        common |= {"group_inputs": w.shape[3], "group_outputs": y.shape[3] // groups}
        common["contiguous"] = int(groups == 1 and window.x.dilation == 1)
    name = "depthwise" if depthwise else "conv"
    if x.dtype == "float32":
        low, high = float_activation_range(operator)
        params = Struct(f"tl_{name}_float", common | {"bias": to.constant(f"bias_{operator.index}", values), "low": low, "high": high})
        to.call(f"{name}_f32", operator, params, x, y)
        return
    wide = _wide(operator)
    multiplier, shift = q.channel_multipliers(operator, x, w, y, wide)
    # The input's zero point goes into the bias as if every tap lay on the input; the kernel takes back what does not.
    taps = rows.astype(np.int64).sum(axis=0 if depthwise else 1)
    folded = values - x.zero_point * taps
    low, high = activation_range(operator, y)
    common |= {
        "bias": to.constant(f"bias_{operator.index}", folded if wide else wrap32(folded).astype(np.int32)),
        "multiplier": to.constant(f"multiplier_{operator.index}", multiplier),
        "shift": to.constant(f"shift_{operator.index}", shift),
        "per_channel": int(multiplier.size > 1),
        "input_zero_point": x.zero_point,
        "output_zero_point": y.zero_point,
        "low": low,
        "high": high,
    }
    if depthwise and scalar.takes(operator, to):
        packable = Rows(rows.T, wrap32(folded).astype(np.int32), multiplier, shift, y.zero_point, low, high)
        if scalar.lower_depthwise(operator, to, window, packable):
            return
    if depthwise and vector.takes(operator, to) and x.shape[3] == y.shape[3]:
        vector.lower_depthwise(operator, to, Struct("tl_depthwise", common), window)
        return
    if depthwise and to.packs("dsp") and x.dtype == "int8":
        packable = Rows(rows.T, wrap32(folded), multiplier, shift, y.zero_point, low, high)
        if takes_depthwise(packable):
            lower_depthwise(operator, to, window, Struct("tl_depthwise", common), packable)
            return
    kind = "s16" if x.dtype == "int16" else "s4" if w.dtype == "int4" and not widened else "s8"
    to.call(f"{name}_{kind}{'_sum32' if kind == 's16' and not wide else ''}", operator, Struct(f"tl_{name}", common), x, y)


def _packable(operator: Operator) -> bool:
    """Whether there are kernels on packed weights for it. A depthwise one of a single input channel is a plain convolution. Weights of
    four bits are kept as eight (depthwise ones too): twice the flash, a tenth of the time; --optimize size leaves them as they are."""
    x, w = operator.input(0), operator.input(1)
    one_group = x.shape[3] == 1 if operator.name == _DEPTHWISE else w.shape[3] == x.shape[3]
    return x.dtype == "int8" and w.dtype in ("int8", "int4") and one_group


def _lower_packed(operator: Operator, to: Lowering, window: Window, rows: Array) -> None:
    x, y = operator.input(0), operator.output
    bias = wrap32(_bias(operator) - x.zero_point * rows.astype(np.int64).sum(axis=1)).astype(np.int32)
    multiplier, shift = q.channel_multipliers(operator, x, operator.input(1), y, False)
    packable = Rows(rows, bias, multiplier, shift, y.zero_point, *activation_range(operator, y))
    if vector.takes(operator, to):
        vector.lower_convolution(operator, to, window, packable)
    elif (window.pointwise or window.whole) and signs.lower(operator, to, packable, "int8"):
        return
    elif not to.packs("dsp"):
        scalar.lower_convolution(operator, to, window, packable)
    elif window.whole and not shares_convolution(operator, to, packable):
        lower_fully_connected(operator, to, packable, 4 if operator.input(1).dtype == "int4" else 8)
    else:
        lower_convolution(operator, to, window, packable)


def _overlap(operator: Operator) -> Overlap:
    return overlap(operator, _window(operator), by_rows=operator.name == _DEPTHWISE)


CONV_2D = Spec("CONV_2D", check, evaluate, lower, overlap=_overlap, products=weighted_products)
DEPTHWISE_CONV_2D = Spec(_DEPTHWISE, check, evaluate, lower, overlap=_overlap, products=weighted_products)
