"""Convolutions and pools: strides, dilation, both paddings, groups, depth multipliers, every type."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tests.build import Builder
from tests.compiler.batch import Case
from tests.compiler.cases.products import biases
from tests.compiler.draw import Draw

SAME, VALID = 0, 1


@dataclass
class Side:
    """One direction of a sliding window."""

    size: int
    taps: int
    stride: int
    dilation: int
    out: int


def side(draw: Draw, padding: int, dilated: bool = True) -> Side:
    taps, stride = draw.int(1, 4), draw.int(1, 3)
    dilation = draw.choice([1, 1, 2, 3]) if dilated else 1
    reach = (taps - 1) * dilation + 1
    size = draw.int(reach if padding == VALID else 1, reach + 6)
    return Side(size, taps, stride, dilation, (size + stride - (1 if padding == SAME else reach)) // stride)


def plain(draw: Draw, dtype: str) -> dict[str, object]:
    """Quantisation keywords of an activation tensor."""
    if dtype == "float32":
        return {}
    return {"scale": draw.scale(), "zero_point": draw.zero_point(dtype)}


def weighted(
    draw: Draw, builder: Builder, x: int, dtype: str, shape: tuple[int, ...], axis: int, bias_types: list[str], packed: bool = True
) -> list[int]:
    """Constant weights and bias beside input x: [x, weights] or [x, weights, bias]."""
    channels = shape[axis]
    count = draw.choice([3, 3, 3, 4])
    if dtype == "float32":
        w = builder.tensor(shape, dtype, data=draw.values(dtype, shape))
        bias = builder.tensor((channels,), dtype, data=draw.values(dtype, (channels,)))
        return [x, w, bias][: count - 1 if draw.bool() else 3]
    bits = 4 if packed and dtype == "int8" and count == 4 else 8
    scales = [draw.scale() for _ in range(channels if draw.bool() else 1)]
    # TFLM takes no notice of the zero point of these weights.
    zero = draw.choice([0, 0, 0, 5])
    w = builder.tensor(shape, f"int{bits}", scale=scales, zero_point=zero, axis=axis, data=draw.weights(shape, bits))
    if draw.int(0, 3) == 3:
        return [x, w]
    kind = draw.choice(bias_types)
    values = biases(draw, channels, draw.choice([1 << 14 if dtype == "int8" else 1 << 24, 1 << 31])).astype(kind)
    return [x, w, builder.tensor((channels,), kind, scale=[builder.tensors[x].quantization.scale[0] * s for s in scales], data=values)]


def conv(draw: Draw) -> Case:
    dtype, padding = draw.choice(["int8", "int8", "int8", "int16", "float32"]), draw.choice([SAME, VALID])
    h, w = side(draw, padding), side(draw, padding)
    depth, outputs, groups = draw.int(1, 6), draw.int(1, 4), draw.choice([1, 1, 1, 2, 3])
    builder = Builder()
    batch = draw.choice([1, 1, 2])
    x = builder.input((batch, h.size, w.size, depth * groups), dtype, **plain(draw, dtype))
    operands = weighted(draw, builder, x, dtype, (outputs * groups, h.taps, w.taps, depth), 0, _biases(dtype))
    y = builder.output((batch, h.out, w.out, outputs * groups), dtype, **_output(draw, dtype))
    options = {"padding": padding, "strideH": h.stride, "strideW": w.stride, "dilationHFactor": h.dilation, "dilationWFactor": w.dilation}
    builder.operator("CONV_2D", operands, [y], "Conv2DOptions", fusedActivationFunction=draw.activation(), **options)
    return draw.case(builder)


def _biases(dtype: str) -> list[str]:
    return ["int32"] if dtype == "int8" else ["int64", "int32"]


def _output(draw: Draw, dtype: str) -> dict[str, object]:
    if dtype == "int16":
        return {"scale": draw.scale(0.002, 30.0), "zero_point": 0}
    return plain(draw, dtype) if dtype == "float32" else {"scale": draw.scale(0.02, 3.0), "zero_point": draw.zero_point()}


def depthwise(draw: Draw) -> Case:
    dtype, padding = draw.choice(["int8", "int8", "int8", "int16", "float32"]), draw.choice([SAME, VALID])
    h, w = side(draw, padding), side(draw, padding)
    depth, multiplier, batch = draw.int(1, 6), draw.choice([1, 1, 2, 3]), draw.choice([1, 1, 2])
    builder = Builder()
    x = builder.input((batch, h.size, w.size, depth), dtype, **plain(draw, dtype))
    shape = (1, h.taps, w.taps, depth * multiplier)
    operands = weighted(draw, builder, x, dtype, shape, 3, ["int32"] if dtype == "int8" else ["int64"])
    y = builder.output((batch, h.out, w.out, depth * multiplier), dtype, **_output(draw, dtype))
    options = {"padding": padding, "strideH": h.stride, "strideW": w.stride, "dilationHFactor": h.dilation, "dilationWFactor": w.dilation}
    options |= {"depthMultiplier": multiplier, "fusedActivationFunction": draw.activation()}
    builder.operator("DEPTHWISE_CONV_2D", operands, [y], "DepthwiseConv2DOptions", **options)
    return draw.case(builder)


def pool(name: str, draw: Draw) -> Case:
    dtype = "float32" if name == "L2_POOL_2D" else draw.choice(["int8", "int8", "int16", "float32"])
    padding = draw.choice([SAME, VALID])
    h, w = side(draw, padding, False), side(draw, padding, False)
    batch, depth = draw.choice([1, 1, 2]), draw.int(1, 6)
    builder, quantised = Builder(), plain(draw, dtype)
    x = builder.input((batch, h.size, w.size, depth), dtype, **quantised)
    y = builder.output((batch, h.out, w.out, depth), dtype, **quantised)
    options = {"padding": padding, "strideH": h.stride, "strideW": w.stride, "filterHeight": h.taps, "filterWidth": w.taps}
    activation = draw.activation()
    if dtype != "float32" and activation == 2 and abs(quantised["zero_point"]) > 100:  # type: ignore[arg-type]
        activation = 0
    builder.operator(name, [x], [y], "Pool2DOptions", fusedActivationFunction=activation, **options)
    return draw.case(builder)


def transpose_conv(draw: Draw) -> Case:
    dtype, padding = draw.choice(["int8", "int8", "int16", "float32"]), draw.choice([SAME, VALID])
    h, w = side(draw, padding, False), side(draw, padding, False)
    depth, outputs, batch = draw.int(1, 5), draw.int(1, 4), draw.choice([1, 1, 2])
    builder = Builder()
    sizes = [s.out * s.stride - draw.int(0, s.stride - 1) if padding == SAME else (s.out - 1) * s.stride + s.taps for s in (h, w)]
    shape = (batch, *sizes, outputs)
    target = builder.tensor((4,), "int32", data=np.array(shape, np.int32))
    x = builder.input((batch, h.out, w.out, depth), dtype, **plain(draw, dtype))
    operands = weighted(draw, builder, x, dtype, (outputs, h.taps, w.taps, depth), 0, ["int32"] if dtype == "int8" else ["int64"], False)
    y = builder.output(shape, dtype, **_output(draw, dtype))
    options = {"padding": padding, "strideH": h.stride, "strideW": w.stride, "fusedActivationFunction": draw.activation()}
    builder.operator("TRANSPOSE_CONV", [target, operands[1], x, *operands[2:]], [y], "TransposeConvOptions", **options)
    return draw.case(builder)


CASES = {
    "CONV_2D": conv,
    "DEPTHWISE_CONV_2D": depthwise,
    "TRANSPOSE_CONV": transpose_conv,
    "AVERAGE_POOL_2D": lambda draw: pool("AVERAGE_POOL_2D", draw),
    "L2_POOL_2D": lambda draw: pool("L2_POOL_2D", draw),
    "MAX_POOL_2D": lambda draw: pool("MAX_POOL_2D", draw),
}
