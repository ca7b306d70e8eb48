"""Operators over the last dimension (softmax and its kin) and ReLUs with a slope."""

from __future__ import annotations

from tests.build import Builder
from tests.compiler.batch import Case
from tests.compiler.draw import Draw


def softmax(draw: Draw) -> Case:
    source, target = draw.choice([("int8", "int8"), ("int8", "int8"), ("int8", "int16"), ("int16", "int16"), ("float32", "float32")])
    shape = (*draw.shape(0, 3), draw.int(1, 40))
    fixed = {"int8": (1 / 256, -128), "int16": (1 / 65536, -32768), "float32": (None, 0)}
    builder = Builder()
    scale = None if source == "float32" else draw.scale(0.0001, 2.0)
    x = builder.input(shape, source, scale=scale, zero_point=draw.zero_point(source))
    scale, zero_point = (1 / 32768, 0) if source == "int16" else fixed[target]
    y = builder.output(shape, target, scale=scale, zero_point=zero_point)
    builder.operator("SOFTMAX", [x], [y], "SoftmaxOptions", beta=draw.choice([1.0, 1.0, draw.scale(0.1, 4.0)]))
    return draw.case(builder)


def log_softmax(draw: Draw) -> Case:
    dtype, shape = draw.choice(["int8", "int8", "float32"]), (*draw.shape(0, 3), draw.int(1, 40))
    builder = Builder()
    x = builder.input(shape, dtype, scale=None if dtype == "float32" else draw.scale(0.0001, 2.0), zero_point=draw.zero_point(dtype))
    y = builder.output(shape, dtype, scale=None if dtype == "float32" else 1 / 16, zero_point=127)
    builder.operator("LOG_SOFTMAX", [x], [y], "LogSoftmaxOptions")
    return draw.case(builder)


def l2_normalization(draw: Draw) -> Case:
    dtype, shape = draw.choice(["int8", "int8", "float32"]), (*draw.shape(0, 3), draw.int(1, 40))
    builder = Builder()
    scale = None if dtype == "float32" else draw.scale()
    x = builder.input(shape, dtype, scale=scale, zero_point=draw.zero_point(dtype))
    y = builder.output(shape, dtype, scale=None if scale is None else 1 / 128, zero_point=0)
    builder.operator("L2_NORMALIZATION", [x], [y], "L2NormOptions")
    return draw.case(builder)


def leaky_relu(draw: Draw) -> Case:
    dtype, shape = draw.choice(["int8", "int8", "int16", "float32"]), draw.shape()
    builder = Builder()
    x, y = (
        add(shape, dtype, scale=None if dtype == "float32" else draw.scale(), zero_point=draw.zero_point(dtype))
        for add in (builder.input, builder.output)
    )
    alpha = draw.choice([0.1, 0.25, 1.5, -0.2, 0.0])
    builder.operator("LEAKY_RELU", [x], [y], "LeakyReluOptions", alpha=alpha)
    return draw.case(builder)


def prelu(draw: Draw) -> Case:
    dtype, shape = draw.choice(["int8", "int8", "int16", "float32"]), draw.shape(1, 4)
    small = tuple(1 if draw.bool() else size for size in shape)[draw.int(0, len(shape) - 1) :]
    alpha_type = "float32" if dtype == "float32" else "int8"
    builder = Builder()

    def quantised(kind: str) -> dict[str, object]:
        return {} if kind == "float32" else {"scale": draw.scale(), "zero_point": draw.zero_point(kind)}

    x = builder.input(shape, dtype, **quantised(dtype))
    alpha = builder.tensor(small, alpha_type, **quantised(alpha_type), data=draw.values(alpha_type, small))
    y = builder.output(shape, dtype, **quantised(dtype))
    builder.operator("PRELU", [x, alpha], [y])
    return draw.case(builder)


CASES = {
    "L2_NORMALIZATION": l2_normalization,
    "LEAKY_RELU": leaky_relu,
    "LOG_SOFTMAX": log_softmax,
    "PRELU": prelu,
    "SOFTMAX": softmax,
}
