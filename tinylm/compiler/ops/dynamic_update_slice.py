"""DYNAMIC_UPDATE_SLICE: a tensor with a block of it replaced, at indices known at run time (TFLM dynamic_update_slice.cc)."""

from __future__ import annotations

from tinylm.compiler.graph import Array, Operator
from tinylm.compiler.lowering import Field, Lowering, Struct
from tinylm.compiler.ops.base import Inputs, Spec, expect_same_type, expect_types, given
from tinylm.compiler.ops.moving import expect_filled, expect_rank, expect_shape, like


def check(operator: Operator) -> None:
    x, update, index, y = operator.input(0), operator.input(1), operator.input(2), operator.output
    expect_types(operator, x, "int8", "int16", "int32", "float32")
    expect_same_type(operator, x, update, y)
    expect_types(operator, index, "int32", "int64")
    expect_filled(operator, x, update)
    expect_rank(operator, x, 1)
    expect_shape(operator, y, x.shape)
    if index.shape != (len(x.shape),):
        raise operator.refuse(f"needs one start index for each dimension of {x}, not {index}.")
    if len(update.shape) != len(x.shape) or any(new > old for new, old in zip(update.shape, x.shape, strict=True)):
        raise operator.refuse(f"has an update that does not fit: {update} into {x}.")


def evaluate(operator: Operator, inputs: Inputs) -> list[Array]:
    y, update = given(inputs, 0).copy(), given(inputs, 1)
    starts = [
        min(max(int(start), 0), old - new) for start, old, new in zip(given(inputs, 2).reshape(-1), y.shape, update.shape, strict=True)
    ]
    y[tuple(slice(start, start + new) for start, new in zip(starts, update.shape, strict=True))] = update
    return [y]


def lower(operator: Operator, to: Lowering) -> None:
    x, update, index, y = operator.input(0), operator.input(1), operator.input(2), operator.output
    strides = like(x).strides
    fields: dict[str, Field] = {
        "rank": len(x.shape),
        "wide": int(index.dtype == "int64"),
        "bytes": x.bytes,
        "size": list(update.shape),
        "last": [old - new for old, new in zip(x.shape, update.shape, strict=True)],
        "step": list(strides),
    }
    to.call("update_slice", operator, Struct("tl_update", fields), to.place(x), to.place(update), to.place(index), y)


def in_place(operator: Operator) -> list[tuple[int, int]]:
    """The block is written over the tensor itself, unless the update or the indices are read from the same bytes."""
    return [] if operator.input(0) in (operator.input(1), operator.input(2)) else [(0, 0)]


SPEC = Spec("DYNAMIC_UPDATE_SLICE", check, evaluate, lower, in_place)
