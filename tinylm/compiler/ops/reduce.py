"""MEAN, SUM, REDUCE_MAX, REDUCE_MIN, REDUCE_ALL, REDUCE_ANY over constant axes (TFLM reduce_common.cc; it has no REDUCE_ANY).

MEAN and SUM: int8, int16, float32 (summed in memory order). REDUCE_MAX and REDUCE_MIN: int8, float32. REDUCE_ALL, REDUCE_ANY: bool.
"""

from __future__ import annotations

import numpy as np

from tinylm.compiler.fixedpoint import quantize_multiplier
from tinylm.compiler.graph import Array, Operator
from tinylm.compiler.lowering import Field, Lowering, Struct
from tinylm.compiler.ops.base import Inputs, Spec, expect_quantized, expect_same_type, expect_types, given
from tinylm.compiler.ops.runs import axis_of
from tinylm.compiler.ops.weights import check_shift, finish

_TYPES = {
    "MEAN": ("int8", "int16", "float32"),
    "SUM": ("int8", "int16", "float32"),
    "REDUCE_MAX": ("int8", "float32"),
    "REDUCE_MIN": ("int8", "float32"),
    "REDUCE_ALL": ("bool",),
    "REDUCE_ANY": ("bool",),
}
_KINDS = {"int8": "s8", "int16": "s16", "float32": "f32", "bool": "bool"}
#: TFLM keeps the axes of a float MEAN in an array of this size.
_MOST_AXES = 4


def _axes(operator: Operator) -> list[int]:
    """The reduced axes, sorted, each once."""
    values = operator.input(1).values().reshape(-1)
    return sorted({axis_of(operator, operator.input(0), int(axis)) for axis in values})


def check(operator: Operator) -> None:
    x, axes, y = operator.input(0), operator.input(1), operator.output
    expect_types(operator, x, *_TYPES[operator.name])
    expect_types(operator, axes, "int32")
    expect_same_type(operator, x, y)
    reduced = set(_axes(operator))
    kept = [size for axis, size in enumerate(x.shape) if axis not in reduced]
    if x.elements == 0 or [size for size in y.shape if size != 1] != [size for size in kept if size != 1]:
        raise operator.refuse(f"has shapes that do not fit: {x} over axes {sorted(reduced)} to {y}.")
    if operator.name == "MEAN" and x.dtype == "float32":
        if axes.elements > _MOST_AXES:
            raise operator.refuse(f"has {axes.elements} axes; up to {_MOST_AXES} are supported.")
        if operator.options.get("keep_dims") and len(x.shape) == 4 and len(y.shape) != 4:
            raise operator.refuse(f"is said to keep its dimensions, but gives {y}.")
    if x.dtype in ("int8", "int16"):
        expect_quantized(operator, x, y)
        if operator.name in ("MEAN", "SUM"):
            check_shift(operator, [x.scale / y.scale])
        elif (x.scale, x.zero_point) != (y.scale, y.zero_point):
            raise operator.refuse(f"needs {x} and {y} to be quantised alike.")


def _multiplier(operator: Operator) -> tuple[int, int]:
    """Of the sum; MEAN's holds the division by the number of elements."""
    multiplier, shift = quantize_multiplier(operator.input(0).scale / operator.output.scale)
    if operator.name == "SUM":
        return multiplier, shift
    count = operator.input(0).elements // operator.output.elements
    more = min(count.bit_length() - 1, 32, 31 + shift)
    return (multiplier << more) // count, shift - more


def evaluate(operator: Operator, inputs: Inputs) -> list[Array]:
    x, y = given(inputs, 0), operator.output
    reduced = _axes(operator)
    kept = [axis for axis in range(x.ndim) if axis not in reduced]
    rows = x.transpose(kept + reduced).reshape(y.elements, -1)
    match operator.name:
        case "REDUCE_MAX" | "REDUCE_MIN":
            if x.dtype == np.float32:
                result = _float_extreme(rows, operator.name == "REDUCE_MAX")
            else:
                result = rows.max(axis=1) if operator.name == "REDUCE_MAX" else rows.min(axis=1)
        case "REDUCE_ALL":
            result = np.asarray(rows.all(axis=1))
        case "REDUCE_ANY":
            result = np.asarray(rows.any(axis=1))
        case _ if x.dtype == np.float32:
            total = np.zeros(len(rows), np.float32)
            for column in rows.T:
                total = total + column
            result = total / np.float32(rows.shape[1]) if operator.name == "MEAN" else total
        case _:
            total = rows.astype(np.int64).sum(axis=1) - operator.input(0).zero_point * rows.shape[1]
            info = np.iinfo(x.dtype)
            multiplier, shift = (np.array(v) for v in _multiplier(operator))
            result = finish(total, multiplier, shift, False, y.zero_point, int(info.min), int(info.max))
    return [result.astype(x.dtype).reshape(y.shape)]


def _float_extreme(rows: Array, largest: bool) -> Array:
    """TFLM starts from the type's end and passes over NaN."""
    limit = np.finfo(np.float32).min if largest else np.finfo(np.float32).max
    result = np.full(len(rows), limit, np.float32)
    for column in rows.T:
        result = np.where(column > result if largest else column < result, column, result)
    return result


def _nests(operator: Operator) -> dict[str, Field]:
    """Fields of two tl_nest structs: loops over the kept and over the reduced dimensions, adjacent ones merged."""
    x, reduced = operator.input(0), set(_axes(operator))
    groups: list[tuple[bool, int, int]] = []
    stride = 1
    for axis in reversed(range(len(x.shape))):
        size = x.shape[axis]
        if size > 1 and groups and groups[-1][0] == (axis in reduced):
            groups[-1] = (groups[-1][0], groups[-1][1] * size, groups[-1][2])
        elif size > 1:
            groups.append((axis in reduced, size, stride))
        stride *= size
    fields: dict[str, Field] = {}
    for name, inside in (("kept", False), ("reduced", True)):
        nest = [(size, stride) for which, size, stride in reversed(groups) if which == inside] or [(1, 0)]
        fields[name] = {"rank": len(nest), "size": [size for size, _ in nest], "stride": [stride for _, stride in nest]}
    return fields


def lower(operator: Operator, to: Lowering) -> None:
    x, y = operator.input(0), operator.output
    nests, kind = _nests(operator), _KINDS[x.dtype]
    if operator.name not in ("MEAN", "SUM") or x.dtype == "float32":
        name = operator.name.lower().removeprefix("reduce_")
        to.call(f"reduce_{name}_{kind}", operator, Struct("tl_reduce", nests), to.place(x), y)
        return
    multiplier, shift = _multiplier(operator)
    scaled: dict[str, Field] = {"multiplier": multiplier, "shift": shift, "output_zero_point": y.zero_point}
    scaled["offset"] = -x.zero_point * (x.elements // y.elements)
    to.call(f"reduce_sum_{kind}", operator, Struct("tl_reduce_sum", {**nests, **scaled}), to.place(x), y)


MEAN, SUM, REDUCE_MAX, REDUCE_MIN, REDUCE_ALL, REDUCE_ANY = (Spec(name, check, evaluate, lower) for name in _TYPES)
