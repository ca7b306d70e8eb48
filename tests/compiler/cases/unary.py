"""One tensor, element by element, or along one axis."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tests.build import Builder
from tests.compiler.batch import Case
from tests.compiler.cases.views import ints, one, quantization
from tests.compiler.draw import Draw

EDGES = np.array([0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 1.5, 2.5, -2.5, 1e-30, 1e-41, 3e4, 8388609.0, 1e9, -1e9, np.inf, -np.inf], np.float32)


def edged(draw: Draw, case: Case, low: float = -np.inf, high: float = np.inf) -> Case:
    """Some float inputs replaced by the edges of the type that lie between the limits."""
    edges = EDGES[(low <= EDGES) & (high >= EDGES)]
    rng = draw.rng()
    for value in case.inputs:
        if value.dtype == np.float32:
            value[:] = np.clip(value, low, high)
            chosen = rng.random(value.shape) < 0.2
            value[chosen] = rng.choice(edges, int(chosen.sum()))
    return case


def unary(name: str, types: str, draw: Draw, options: str | None = None, **output: float) -> tuple[Builder, str]:
    """output: scale and zero point where the operator fixes them."""
    dtype = draw.choice(types.split())
    builder, shape = Builder(), draw.shape()
    x = builder.input(shape, dtype, **quantization(draw, dtype))
    q = quantization(draw, dtype)
    y = builder.output(shape, dtype, **(q | output if q else {}))
    builder.operator(name, [x], [y], options)
    return builder, dtype


def floats(name: str, low: float = -np.inf, high: float = np.inf) -> Callable[[Draw], Case]:
    return lambda draw: edged(draw, draw.case(unary(name, "float32", draw)[0]), low, high)


def symmetric(draw: Draw, name: str, types: str) -> Case:
    """int16 without a zero point."""
    dtype = draw.choice(types.split())
    builder, shape = Builder(), draw.shape()
    same = draw.bool()
    first = quantization(draw, dtype)
    second = first if same else quantization(draw, dtype)
    if dtype == "int16":
        first, second = first | {"zero_point": 0}, second | {"zero_point": 0}
        if name == "ABS" and draw.bool():
            first, second = {}, {}
    x = builder.input(shape, dtype, **first)
    y = builder.output(shape, dtype, **second)
    builder.operator(name, [x], [y], "AbsOptions" if name == "ABS" else None)
    return edged(draw, draw.case(builder))


def sigmoid(name: str, draw: Draw) -> Case:
    dtype = draw.choice(["int8", "int16", "float32"])
    builder, shape = Builder(), draw.shape()
    tanh = name == "TANH"
    if dtype == "int16":
        scale = draw.choice([2.0**-12, 2.0**-11, 2.0**-13, draw.scale(1e-5, 2.6)])
        x, result = builder.input(shape, dtype, scale=scale), {"scale": 1 / 32768}
    else:
        x = builder.input(shape, dtype, **quantization(draw, dtype))
        result = {"scale": 1 / 128, "zero_point": 0} if tanh else {"scale": 1 / 256, "zero_point": -128}
    y = builder.output(shape, dtype, **(result if dtype != "float32" else {}))
    builder.operator(name, [x], [y])
    return edged(draw, draw.case(builder))


def elu(draw: Draw) -> Case:
    return edged(draw, draw.case(unary("ELU", "int8 float32", draw)[0]))


def hard_swish(draw: Draw) -> Case:
    builder = Builder()
    dtype, shape = draw.choice(["int8", "float32"]), draw.shape()
    scale = draw.scale()
    x = builder.input(shape, dtype, **({"scale": scale, "zero_point": draw.zero_point()} if dtype == "int8" else {}))
    q = {"scale": draw.scale(scale / 127, 0.5), "zero_point": draw.zero_point()} if dtype == "int8" else {}
    y = builder.output(shape, dtype, **q)
    builder.operator("HARD_SWISH", [x], [y], "HardSwishOptions")
    return edged(draw, draw.case(builder), -1e30, 1e30)


def rsqrt(draw: Draw) -> Case:
    builder, dtype = unary("RSQRT", "int8 float32", draw)
    case = draw.case(builder)
    if dtype == "int8":
        zero = builder.tensors[0].quantization.zeroPoint[0]
        case.inputs[0] = np.maximum(case.inputs[0], zero).astype(np.int8)
    return edged(draw, case, 0.0)


def quantize(draw: Draw) -> Case:
    pairs = "f8 f16 8:8 8:u8 u8:8 u8:8 8:16 8:32 16:8 16:16 16:32 32:8 32:16"
    names = {"f": "float32", "8": "int8", "u8": "uint8", "16": "int16", "32": "int32"}
    pair = draw.choice(pairs.split())
    first, second = ("f", pair[1:]) if pair[0] == "f" else pair.split(":")
    source, target = names[first], names[second]
    builder, shape = Builder(), draw.shape()
    q = quantization(draw, source) or ({"scale": draw.scale(), "zero_point": 0} if source == "int32" else {})
    r = quantization(draw, target) or {"scale": draw.scale(), "zero_point": 0}
    if q and draw.int(0, 3) == 3:
        r["scale"] = q["scale"]
        if {source, target} == {"int8", "uint8"}:
            q["zero_point"], r["zero_point"] = (-7, 121) if source == "int8" else (121, -7)
    x = builder.input(shape, source, **q)
    y = builder.output(shape, target, **r)
    builder.operator("QUANTIZE", [x], [y], "QuantizeOptions")
    return edged(draw, draw.case(builder), -1e6, 1e6)


def dequantize(draw: Draw) -> Case:
    builder, dtype, q = one(draw, "int8 uint8 int16")
    shape = draw.shape()
    x = builder.input(shape, dtype, **q)
    y = builder.output(shape, "float32")
    builder.operator("DEQUANTIZE", [x], [y], "DequantizeOptions")
    return draw.case(builder)


def cast(draw: Draw) -> Case:
    source = draw.choice(["int8", "int16", "int32", "uint32", "float32", "bool"])
    target = draw.choice(["int8", "int16", "int32", "uint32", "float32"])
    builder, shape = Builder(), draw.shape()
    x = builder.input(shape, source)
    y = builder.output(shape, target)
    builder.operator("CAST", [x], [y], "CastOptions")
    case = draw.case(builder)
    limit = {"int8": 127, "int16": 32767, "int32": 2e9, "uint32": 4e9, "float32": np.inf}[target]
    return edged(draw, case, 0 if target == "uint32" else -limit, limit)


def logical_not(draw: Draw) -> Case:
    return draw.case(unary("LOGICAL_NOT", "bool", draw)[0])


def arg(name: str, draw: Draw) -> Case:
    builder, dtype, q = one(draw, "int8 float32")
    shape = draw.shape()
    axis = draw.int(0, len(shape) - 1)
    x = builder.input(shape, dtype, **q)
    y = builder.output(shape[:axis] + shape[axis + 1 :], "int32")
    operands = [x, ints(builder, [axis - len(shape) if draw.bool() else axis])]
    builder.operator(name, operands, [y], "ArgMaxOptions" if name == "ARG_MAX" else "ArgMinOptions", outputType=2)
    return edged(draw, draw.case(builder))


def add_n(draw: Draw) -> Case:
    builder, dtype, q = one(draw, "int8 float32")
    shape = draw.shape()
    inputs = [builder.input(shape, dtype, **q) for _ in range(draw.int(2, 5))]
    y = builder.output(shape, dtype, **quantization(draw, dtype))
    builder.operator("ADD_N", inputs, [y], "AddNOptions")
    return edged(draw, draw.case(builder), -1e30, 1e30)


def cumsum(draw: Draw) -> Case:
    builder, dtype, q = one(draw, "int8 float32")
    shape = draw.shape()
    axis = draw.int(0, len(shape) - 1)
    x = builder.input(shape, dtype, **q)
    y = builder.output(shape, dtype, **quantization(draw, dtype))
    operands = [x, ints(builder, [axis - len(shape) if draw.bool() else axis])]
    builder.operator("CUMSUM", operands, [y], "CumsumOptions", exclusive=draw.bool(), reverse=draw.bool())
    return edged(draw, draw.case(builder), -1e30, 1e30)


CASES = {
    "LOGISTIC": lambda draw: sigmoid("LOGISTIC", draw),
    "TANH": lambda draw: sigmoid("TANH", draw),
    "RELU": lambda draw: symmetric(draw, "RELU", "int8 int16 float32"),
    "RELU6": lambda draw: symmetric(draw, "RELU6", "int8 int16 float32"),
    "ABS": lambda draw: symmetric(draw, "ABS", "int8 int16 float32"),
    "HARD_SWISH": hard_swish,
    "ELU": elu,
    "RSQRT": rsqrt,
    "NEG": floats("NEG"),
    "SQRT": floats("SQRT", 0.0),
    "SQUARE": floats("SQUARE"),
    "CEIL": floats("CEIL"),
    "FLOOR": floats("FLOOR"),
    "ROUND": floats("ROUND"),
    "EXP": floats("EXP"),
    "LOG": floats("LOG", 0.0),
    "SIN": floats("SIN", -1e30, 1e30),
    "COS": floats("COS", -1e30, 1e30),
    "QUANTIZE": quantize,
    "DEQUANTIZE": dequantize,
    "CAST": cast,
    "LOGICAL_NOT": logical_not,
    "ARG_MAX": lambda draw: arg("ARG_MAX", draw),
    "ARG_MIN": lambda draw: arg("ARG_MIN", draw),
    "ADD_N": add_n,
    "CUMSUM": cumsum,
}
