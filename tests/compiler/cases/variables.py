"""Models with resource variables: a sum, a delay line and a window that slides, initialised by a subgraph or not."""

from __future__ import annotations

from tests.build import Builder
from tests.compiler.batch import Case
from tests.compiler.cases.views import ints, quantization
from tests.compiler.draw import Draw


def handle(builder: Builder, name: str) -> int:
    tensor = builder.tensor((), "resource")
    builder.operator("VAR_HANDLE", [], [tensor], "VarHandleOptions", container="", sharedName=name)
    return tensor


def read(builder: Builder, variable: int, shape: tuple[int, ...], dtype: str, output: bool = False, **q: float) -> int:
    tensor = (builder.output if output else builder.tensor)(shape, dtype, **q)
    builder.operator("READ_VARIABLE", [variable], [tensor], "ReadVariableOptions")
    return tensor


def assign(builder: Builder, variable: int, value: int) -> None:
    builder.operator("ASSIGN_VARIABLE", [variable, value], [], "AssignVariableOptions")


def initialise(builder: Builder, draw: Draw, names: list[str], shape: tuple[int, ...], dtype: str, **q: float) -> None:
    """CALL_ONCE of a subgraph that assigns constants."""
    builder.operator("CALL_ONCE", [], [], "CallOnceOptions", initSubgraphIndex=1)
    inside = builder.subgraph()
    for name in names:
        assign(inside, handle(inside, name), inside.tensor(shape, dtype, data=draw.values(dtype, shape), **q))


def running_sum(draw: Draw) -> Case:
    """y = state + x, kept; x may be quantised differently."""
    builder, dtype, shape = Builder(), draw.choice(["int8", "float32"]), draw.shape()
    q, other = quantization(draw, dtype), quantization(draw, dtype)
    if draw.bool():
        initialise(builder, draw, ["sum"], shape, dtype, **q)
    x = builder.input(shape, dtype, **other)
    variable = handle(builder, "sum")
    old = read(builder, variable, shape, dtype, **q)
    new = builder.output(shape, dtype, **q)
    builder.operator("ADD", [old, x], [new], "AddOptions")
    assign(builder, variable, new)
    if draw.bool():  # read again, and what is read is an output
        read(builder, variable, shape, dtype, output=True, **q)
    return draw.case(builder)


def delay(draw: Draw) -> Case:
    """x arrives at the output two invocations later; the order of reading and assigning is drawn."""
    builder, dtype, shape = Builder(), draw.choice(["int8", "int16", "float32"]), draw.shape()
    q = quantization(draw, dtype)
    if draw.bool():
        initialise(builder, draw, ["first", "second"], shape, dtype, **q)
    x = builder.input(shape, dtype, **q)
    first, second = handle(builder, "first"), handle(builder, "second")
    early = draw.bool()
    if early:
        read(builder, second, shape, dtype, output=True, **q)
    middle = read(builder, first, shape, dtype, **q)
    if draw.bool():
        assign(builder, first, x)
        assign(builder, second, middle)
    else:
        assign(builder, second, middle)
        assign(builder, first, x)
    if not early:
        read(builder, second, shape, dtype, output=True, **q)
    return draw.case(builder)


def window(draw: Draw) -> Case:
    """The last values of x, as streaming convolutions keep them."""
    builder, dtype = Builder(), draw.choice(["int8", "float32"])
    length, width, new = draw.int(2, 5), draw.int(1, 4), 1
    q = quantization(draw, dtype)
    if draw.bool():
        initialise(builder, draw, ["window"], (1, length, width), dtype, **q)
    x = builder.input((1, new, width), dtype, **q)
    variable = handle(builder, "window")
    old = read(builder, variable, (1, length, width), dtype, **q)
    rest = builder.tensor((1, length - new, width), dtype, **q)
    bounds = [ints(builder, values) for values in ([0, new, 0], [1, length, width], [1, 1, 1])]
    builder.operator("STRIDED_SLICE", [old, *bounds], [rest], "StridedSliceOptions")
    whole = builder.output((1, length, width), dtype, **q) if draw.bool() else builder.tensor((1, length, width), dtype, **q)
    builder.operator("CONCATENATION", [rest, x], [whole], "ConcatenationOptions", axis=1)
    assign(builder, variable, whole)
    y = builder.output((1, length, width), dtype, **q)
    builder.operator("MAXIMUM", [whole, x], [y], "MaximumMinimumOptions")
    return draw.case(builder)


def constant(draw: Draw) -> Case:
    """A variable that only CALL_ONCE assigns."""
    builder, shape = Builder(), draw.shape()
    initialise(builder, draw, ["scale"], shape, "float32")
    x, y = builder.input(shape, "float32"), builder.output(shape, "float32")
    factor = read(builder, handle(builder, "scale"), shape, "float32")
    builder.operator("MUL", [x, factor], [y], "MulOptions")
    return draw.case(builder)


def variables(draw: Draw) -> Case:
    return draw.choice([running_sum, delay, window, constant])(draw)


CASES = {
    "ASSIGN_VARIABLE": variables,
    "CALL_ONCE": lambda draw: draw.choice([constant, running_sum])(draw),
    "READ_VARIABLE": variables,
    "VAR_HANDLE": delay,
}
