"""GATHER_ND: slices of a table by int32 index tuples (TFLM gather_nd.cc: int8 or float32, up to 5 indices a tuple)."""

from __future__ import annotations

import numpy as np

from tinylm.compiler.graph import Array, Operator
from tinylm.compiler.lowering import Field, Lowering, Struct
from tinylm.compiler.ops.base import Inputs, Spec, expect_same_type, expect_types, given
from tinylm.compiler.ops.moving import expect_filled, expect_rank, like


def _strides(operator: Operator) -> list[int]:
    """Elements that one step of each index of a tuple moves."""
    x, index = operator.input(0), operator.input(1)
    return [int(np.prod(x.shape[axis + 1 :], dtype=np.int64)) for axis in range(index.shape[-1])]


def check(operator: Operator) -> None:
    x, index, y = operator.input(0), operator.input(1), operator.output
    expect_types(operator, x, "int8", "float32")
    expect_types(operator, index, "int32")
    expect_same_type(operator, x, y)
    expect_filled(operator, x, index, y)
    expect_rank(operator, x, 1)
    expect_rank(operator, index, 1)
    depth = index.shape[-1]
    if depth > min(len(x.shape), 5):
        raise operator.refuse(f"has tuples of {depth} indices for {x}.")
    if y.shape != index.shape[:-1] + x.shape[depth:]:
        raise operator.refuse(f"has shapes that do not fit: {x} by {index} to {y}.")


def evaluate(operator: Operator, inputs: Inputs) -> list[Array]:
    """Slices outside the table are moved to its ends, as on the device; TFLM fails there."""
    x, strides = given(inputs, 0).reshape(-1), np.array(_strides(operator), np.int64)
    index = given(inputs, 1).astype(np.int64).reshape(-1, strides.size)
    size = int(strides[-1])
    start = np.clip(index @ strides, 0, x.size - size)
    return [x[start[:, None] + np.arange(size)].reshape(operator.output.shape)]


def lower(operator: Operator, to: Lowering) -> None:
    x, index, y = operator.input(0), operator.input(1), operator.output
    item, strides = like(x).itemsize, _strides(operator)
    fields: dict[str, Field] = {
        "slices": index.elements // len(strides),
        "depth": len(strides),
        "stride": [stride * item for stride in strides],
        "bytes": strides[-1] * item,
        "last": x.bytes - strides[-1] * item,
    }
    to.call("gather_tuples", operator, Struct("tl_gather_nd", fields), to.place(x), to.place(index), y)


SPEC = Spec("GATHER_ND", check, evaluate, lower)
