"""Operators over the last dimension: softmax and its kin."""

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


CASES = {"SOFTMAX": softmax}
