"""STRIDED_SLICE with constant begin, end and strides (TFLM strided_slice_common.cc, up to 4 dimensions).

begin_mask, end_mask and shrink_axis_mask as in TFLM. It ignores ellipsis_mask and new_axis_mask, so they are refused, and writes
nothing for a shrunk axis with a negative stride, so that is refused too.
"""

from __future__ import annotations

from tinylm.compiler.graph import Array, Operator
from tinylm.compiler.ops.base import expect_types
from tinylm.compiler.ops.moving import constant_ints, expect_rank, expect_shape, view_spec


def _mask(operator: Operator, name: str) -> int:
    return int(operator.options.get(f"{name}_mask", 0))


def _slices(operator: Operator) -> list[slice]:
    shape = operator.input(0).shape
    lists = [constant_ints(operator, position) for position in (1, 2, 3)]
    if any(len(values) != len(shape) for values in lists):
        raise operator.refuse(f"needs begin, end and stride for each of the {len(shape)} dimensions of {operator.input(0)}.")
    found = []
    for axis, (begin, end, stride, length) in enumerate(zip(*lists, shape, strict=True)):
        if stride == 0:
            raise operator.refuse("has a stride of 0.")
        low, high = (0, length) if stride > 0 else (-1, length - 1)
        begin = min(max(begin + length if begin < 0 else begin, low), high)
        if _mask(operator, "begin") >> axis & 1:
            begin = 0 if stride > 0 else length - 1
        end = min(max(end + length if end < 0 else end, low), high)
        if _mask(operator, "end") >> axis & 1:
            end = length if stride > 0 else -1
        if _mask(operator, "shrink_axis") >> axis & 1:
            if stride < 0:
                raise operator.refuse(f"drops axis {axis} with a negative stride, for which TFLM writes nothing.")
            end = begin + 1
        if not 0 <= begin < length or (end - begin) * stride <= 0:
            raise operator.refuse(f"takes nothing from axis {axis} of {operator.input(0)}.")
        found.append(slice(begin, None if end < 0 else end, stride))
    return found


def check(operator: Operator) -> None:
    x, y = operator.input(0), operator.output
    expect_types(operator, x, "int8", "int16", "int32", "float32", "bool")
    expect_rank(operator, x, 1, 4)
    for position in (1, 2, 3):
        expect_types(operator, operator.input(position), "int32")
    for name in ("ellipsis", "new_axis"):
        if _mask(operator, name):
            raise operator.refuse(f"uses {name}_mask, which TFLM ignores.")
    shrunk = _mask(operator, "shrink_axis")
    sizes = [len(range(*part.indices(length))) for part, length in zip(_slices(operator), x.shape, strict=True)]
    expect_shape(operator, y, tuple(size for axis, size in enumerate(sizes) if not shrunk >> axis & 1))


def view(operator: Operator, x: Array) -> Array:
    return x[tuple(_slices(operator))]


SPEC = view_spec("STRIDED_SLICE", check, view)
