"""Element by element: binary with broadcasting, unary by table."""

from __future__ import annotations

from tests.build import Builder
from tests.compiler.batch import Case
from tests.compiler.draw import Draw


def broadcast_shapes(draw: Draw) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
    """(a, b, result): equal shapes, or some dimensions of one or the other are 1 or missing."""
    result = draw.shape(1, 4)
    a, b = list(result), list(result)
    if draw.bool():
        for i in range(len(result)):
            which = draw.int(0, 3)
            if which == 1:
                a[i] = 1
            if which == 2:
                b[i] = 1
        if draw.bool():
            b = b[draw.int(0, len(b) - 1) :]
    result = tuple(max(x, y) for x, y in zip(a, [1] * (len(a) - len(b)) + b, strict=True))
    return tuple(a), tuple(b), result


def binary(name: str, options: str, draw: Draw) -> Case:
    a, b, y = broadcast_shapes(draw)
    builder = Builder()
    first = builder.input(a, scale=draw.scale(), zero_point=draw.zero_point())
    if draw.int(0, 3) == 3:
        second = builder.tensor(b, scale=draw.scale(), zero_point=draw.zero_point(), data=draw.values("int8", b))
    else:
        second = builder.input(b, scale=draw.scale(), zero_point=draw.zero_point())
    out = builder.output(y, scale=draw.scale(), zero_point=draw.zero_point())
    builder.operator(name, [first, second], [out], options, fusedActivationFunction=draw.activation())
    return draw.case(builder)


def unary(name: str, scale: float | None, zero_point: int | None, draw: Draw) -> Case:
    """scale, zero_point: of the output where the operator fixes them."""
    shape = draw.shape()
    builder = Builder()
    x = builder.input(shape, scale=draw.scale(), zero_point=draw.zero_point())
    y = builder.output(
        shape, scale=draw.scale() if scale is None else scale, zero_point=draw.zero_point() if zero_point is None else zero_point
    )
    builder.operator(name, [x], [y])
    return draw.case(builder)


CASES = {
    "ADD": lambda draw: binary("ADD", "AddOptions", draw),
    "SUB": lambda draw: binary("SUB", "SubOptions", draw),
    "MUL": lambda draw: binary("MUL", "MulOptions", draw),
    "LOGISTIC": lambda draw: unary("LOGISTIC", 1 / 256, -128, draw),
    "TANH": lambda draw: unary("TANH", 1 / 128, 0, draw),
}
