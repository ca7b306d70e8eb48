"""Operators that move bytes: shapes, cuts and joins."""

from __future__ import annotations

import numpy as np

from tests.build import Builder
from tests.compiler.batch import Case
from tests.compiler.cases.views import ints, one
from tests.compiler.draw import Draw


def reshape(draw: Draw) -> Case:
    builder, dtype, q = one(draw, "int8 uint8 int16 int32 int64 float32 bool")
    shape = draw.shape()
    target = (int(np.prod(shape)),) if draw.bool() else tuple(reversed(shape))
    x = builder.input(shape, dtype, **q)
    y = builder.output(target, dtype, **q)
    builder.operator("RESHAPE", [x, ints(builder, list(target))], [y], "ReshapeOptions", newShape=list(target))
    return draw.case(builder)


def squeeze(draw: Draw) -> Case:
    builder, dtype, q = one(draw, "int8 int16 float32")
    shape = draw.shape(1, 3)
    at = draw.int(0, len(shape))
    x = builder.input((*shape[:at], 1, *shape[at:]), dtype, **q)
    y = builder.output(shape, dtype, **q)
    builder.operator("SQUEEZE", [x], [y], "SqueezeOptions", squeezeDims=[at])
    return draw.case(builder)


def expand_dims(draw: Draw) -> Case:
    builder, dtype, q = one(draw, "int8 int16 float32")
    shape = draw.shape(1, 3)
    at = draw.int(0, len(shape))
    x = builder.input(shape, dtype, **q)
    y = builder.output((*shape[:at], 1, *shape[at:]), dtype, **q)
    axis = ints(builder, [at - len(shape) - 1 if draw.bool() else at])
    builder.operator("EXPAND_DIMS", [x, axis], [y], "ExpandDimsOptions")
    return draw.case(builder)


def concatenation(draw: Draw) -> Case:
    shape = draw.shape()
    axis = draw.int(0, len(shape) - 1)
    builder = Builder()
    scale, zero = draw.scale(), draw.zero_point()
    widths = [draw.int(1, 5) for _ in range(draw.int(1, 4))]
    inputs = [builder.input((*shape[:axis], width, *shape[axis + 1 :]), scale=scale, zero_point=zero) for width in widths]
    y = builder.output((*shape[:axis], sum(widths), *shape[axis + 1 :]), scale=scale, zero_point=zero)
    builder.operator("CONCATENATION", inputs, [y], "ConcatenationOptions", axis=axis - (len(shape) if draw.bool() else 0))
    return draw.case(builder)


def split(draw: Draw) -> Case:
    shape = draw.shape()
    axis, parts = draw.int(0, len(shape) - 1), draw.int(1, 4)
    builder = Builder()
    scale, zero = draw.scale(), draw.zero_point()
    at = builder.tensor((), "int32", data=np.array(axis, np.int32))
    x = builder.input((*shape[:axis], shape[axis] * parts, *shape[axis + 1 :]), scale=scale, zero_point=zero)
    outputs = [builder.output(shape, scale=scale, zero_point=zero) for _ in range(parts)]
    builder.operator("SPLIT", [at, x], outputs, "SplitOptions", numSplits=parts)
    return draw.case(builder)


CASES = {
    "RESHAPE": reshape,
    "SQUEEZE": squeeze,
    "EXPAND_DIMS": expand_dims,
    "CONCATENATION": concatenation,
    "SPLIT": split,
}
