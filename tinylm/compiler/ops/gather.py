"""GATHER: rows of a table by int32 index, also batch by batch (TFLM gather.cc: int8 or float32 table)."""

from __future__ import annotations

import numpy as np

from tinylm.compiler.graph import Array, Operator
from tinylm.compiler.lowering import Lowering, Struct
from tinylm.compiler.ops.base import Inputs, Spec, expect_same_type, expect_types, given
from tinylm.compiler.ops.moving import like
from tinylm.compiler.ops.runs import axis_of


def _geometry(operator: Operator) -> dict[str, int]:
    """Fields of tl_gather. The first batch_dims dimensions of table and index belong together."""
    x, index = operator.input(0), operator.input(1)
    axis = axis_of(operator, x, int(operator.options.get("axis", 0)))
    stated = int(operator.options.get("batch_dims", 0))
    batch = stated + len(index.shape) if stated < 0 else stated
    if not 0 <= batch <= min(axis, len(index.shape)) or x.shape[:batch] != index.shape[:batch]:
        raise operator.refuse(f"has {stated} batch dimensions for {x} by {index}.")
    if x.elements == 0:
        raise operator.refuse(f"gathers from an empty table: {x}.")
    return {
        "batches": _product(x.shape[:batch]),
        "outer": _product(x.shape[batch:axis]),
        "rows": x.shape[axis],
        "inner": _product(x.shape[axis + 1 :]) * like(x).itemsize,
        "indices": _product(index.shape[batch:]),
    }


def _product(shape: tuple[int, ...]) -> int:
    return int(np.prod(shape, dtype=np.int64))


def check(operator: Operator) -> None:
    x, index, y = operator.input(0), operator.input(1), operator.output
    expect_types(operator, x, "int8", "float32")
    expect_types(operator, index, "int32")
    expect_same_type(operator, x, y)
    f = _geometry(operator)
    if y.bytes != f["batches"] * f["outer"] * f["indices"] * f["inner"]:
        raise operator.refuse(f"has shapes that do not fit: {x} by {index} to {y}.")


def evaluate(operator: Operator, inputs: Inputs) -> list[Array]:
    """Indices outside the table are clamped, as on the device; TFLM reads whatever lies there."""
    f, x = _geometry(operator), given(inputs, 0)
    rows = x.reshape(f["batches"], f["outer"], f["rows"], -1)
    index = np.clip(given(inputs, 1), 0, f["rows"] - 1).reshape(f["batches"], -1)
    found = [batch[:, chosen] for batch, chosen in zip(rows, index, strict=True)]
    return [np.stack(found).reshape(operator.output.shape)]


def lower(operator: Operator, to: Lowering) -> None:
    x, index, y = operator.input(0), operator.input(1), operator.output
    to.call("gather_rows", operator, Struct("tl_gather", _geometry(operator)), to.place(x), to.place(index), y)


SPEC = Spec("GATHER", check, evaluate, lower)
