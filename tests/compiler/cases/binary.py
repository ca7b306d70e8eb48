"""Two tensors, element by element, broadcast."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tests.build import Builder
from tests.compiler.batch import Case
from tests.compiler.cases.elementwise import broadcast_shapes
from tests.compiler.cases.unary import edged
from tests.compiler.cases.views import quantization
from tests.compiler.draw import Draw


def binary(
    name: str, options: str, types: str, draw: Draw, result: str | None = None, fused: bool = False, limit: float = np.inf, **fields: float
) -> Case:
    """result: the output's type where it is not the inputs'. fused: with a fused activation. limit: of float inputs."""
    dtype = draw.choice(types.split())
    a, b, y = broadcast_shapes(draw)
    builder = Builder()
    first, second, third = (quantization(draw, dtype) for _ in range(3))
    if dtype == "int16":
        first, second, third = (q | {"zero_point": 0} for q in (first, second, third))
    x1 = builder.input(a, dtype, **first)
    x2 = builder.tensor(b, dtype, data=draw.values(dtype, b), **second) if draw.int(0, 3) == 3 else builder.input(b, dtype, **second)
    out = builder.output(y, result or dtype, **({} if result else third))
    if fused:
        fields["fusedActivationFunction"] = draw.activation()
    builder.operator(name, [x1, x2], [out], options, **fields)
    return edged(draw, draw.case(builder), -limit, limit)


def arithmetic(name: str, options: str, types: str = "int8 int8 int16 int32 float32") -> Callable[[Draw], Case]:
    return lambda draw: binary(name, options, types, draw, fused=True)


def comparison(name: str, options: str, types: str = "int8 int32 int64 float32") -> Callable[[Draw], Case]:
    def draw_one(draw: Draw) -> Case:
        case = binary(name, options, types, draw, "bool")
        for value in case.inputs:  # small numbers, so that some are equal
            if value.dtype in (np.int32, np.int64):
                value %= 5
        return case

    return draw_one


def div(draw: Draw) -> Case:
    """No divisor is 0, no int8 quotient so small that TFLM shifts it by more than 31 bits."""
    dtype = draw.choice(["int8", "int32", "float32"])
    a, b, y = broadcast_shapes(draw)
    builder = Builder()
    q = [{"scale": draw.scale(low, high), "zero_point": draw.zero_point()} for low, high in ((0.1, 0.5), (0.002, 0.01), (0.01, 0.1))]
    first, second, third = q if dtype == "int8" else ({}, {}, {})
    x1, x2, out = builder.input(a, dtype, **first), builder.input(b, dtype, **second), builder.output(y, dtype, **third)
    builder.operator("DIV", [x1, x2], [out], "DivOptions", fusedActivationFunction=draw.activation())
    case = draw.case(builder)
    zero = int(second.get("zero_point", 0))
    divisor = case.inputs[1]
    divisor[divisor == zero] = zero + (1 if zero < 127 else -1)
    return case


def floor_division(name: str, options: str) -> Callable[[Draw], Case]:
    def draw_one(draw: Draw) -> Case:
        a, b, y = broadcast_shapes(draw)
        builder = Builder()
        x1, x2, out = builder.input(a, "float32"), builder.input(b, "float32"), builder.output(y, "float32")
        builder.operator(name, [x1, x2], [out], options)
        case = edged(draw, draw.case(builder), -1e30, 1e30)
        case.inputs[1][case.inputs[1] == 0] = 0.25
        return case

    return draw_one


def select(draw: Draw) -> Case:
    dtype = draw.choice(["int8", "int16", "float32"])
    a, b, y = broadcast_shapes(draw)
    shapes = [draw.choice([a, y, tuple(1 if draw.bool() else n for n in y)]), a, b]
    target = tuple(np.broadcast_shapes(*shapes))
    builder, q = Builder(), quantization(draw, dtype)
    operands = [builder.input(shapes[0], "bool"), builder.input(shapes[1], dtype, **q), builder.input(shapes[2], dtype, **q)]
    builder.operator("SELECT_V2", operands, [builder.output(target, dtype, **q)], "SelectV2Options")
    return draw.case(builder)


CASES = {
    "ADD": arithmetic("ADD", "AddOptions"),
    "SUB": arithmetic("SUB", "SubOptions"),
    "MUL": arithmetic("MUL", "MulOptions"),
    "DIV": div,
    "MAXIMUM": lambda draw: binary("MAXIMUM", "MaximumMinimumOptions", "int8 int16 int32 int64 float32", draw),
    "MINIMUM": lambda draw: binary("MINIMUM", "MaximumMinimumOptions", "int8 int16 int32 int64 float32", draw),
    "SQUARED_DIFFERENCE": lambda draw: binary("SQUARED_DIFFERENCE", "SquaredDifferenceOptions", "int8 int16 int32 float32", draw),
    "FLOOR_DIV": floor_division("FLOOR_DIV", "FloorDivOptions"),
    "FLOOR_MOD": floor_division("FLOOR_MOD", "FloorModOptions"),
    "EQUAL": comparison("EQUAL", "EqualOptions", "int8 int32 int64 float32 bool"),
    "NOT_EQUAL": comparison("NOT_EQUAL", "NotEqualOptions", "int8 int32 int64 float32 bool"),
    "GREATER": comparison("GREATER", "GreaterOptions"),
    "GREATER_EQUAL": comparison("GREATER_EQUAL", "GreaterEqualOptions"),
    "LESS": comparison("LESS", "LessOptions"),
    "LESS_EQUAL": comparison("LESS_EQUAL", "LessEqualOptions"),
    "LOGICAL_AND": lambda draw: binary("LOGICAL_AND", "LogicalAndOptions", "bool", draw),
    "LOGICAL_OR": lambda draw: binary("LOGICAL_OR", "LogicalOrOptions", "bool", draw),
    "SELECT_V2": select,
}
