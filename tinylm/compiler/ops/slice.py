"""SLICE with constant begin and size; size -1 is the rest of the axis (TFLM slice.cc, up to 5 dimensions)."""

from __future__ import annotations

from tinylm.compiler.graph import Array, Operator
from tinylm.compiler.ops.base import expect_types
from tinylm.compiler.ops.moving import constant_ints, expect_rank, expect_shape, view_spec


def _ranges(operator: Operator) -> list[tuple[int, int]]:
    """(begin, end) by axis."""
    shape = operator.input(0).shape
    begins, sizes = constant_ints(operator, 1), constant_ints(operator, 2)
    if not len(begins) == len(sizes) == len(shape):
        raise operator.refuse(f"needs a begin and a size for each of the {len(shape)} dimensions of {operator.input(0)}.")
    found = []
    for begin, size, length in zip(begins, sizes, shape, strict=True):
        end = length if size == -1 else begin + size
        if not 0 <= begin < end <= length:
            raise operator.refuse(f"takes {size} elements from {begin} on where {operator.input(0)} has {length}.")
        found.append((begin, end))
    return found


def check(operator: Operator) -> None:
    x = operator.input(0)
    expect_types(operator, x, "int8", "int16", "int32", "float32", "bool")
    expect_rank(operator, x, 1, 5)
    if operator.input(1).dtype != operator.input(2).dtype:
        raise operator.refuse("needs begin and size of one type.")
    expect_shape(operator, operator.output, tuple(end - begin for begin, end in _ranges(operator)))


def view(operator: Operator, x: Array) -> Array:
    return x[tuple(slice(begin, end) for begin, end in _ranges(operator))]


SPEC = view_spec("SLICE", check, view)
