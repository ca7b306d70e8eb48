"""EMBEDDING_LOOKUP: rows of a table (input 1) by int32 index (input 0), int8 rows also dequantised (TFLM embedding_lookup.cc)."""

from __future__ import annotations

import numpy as np

from tinylm.compiler.graph import Array, Operator
from tinylm.compiler.lowering import Lowering, Struct
from tinylm.compiler.ops.base import Inputs, Spec, expect_quantized, expect_types, given
from tinylm.compiler.ops.moving import expect_filled, expect_rank, expect_shape, like


def check(operator: Operator) -> None:
    index, x, y = operator.input(0), operator.input(1), operator.output
    expect_types(operator, index, "int32")
    expect_types(operator, x, "int8", "float32")
    expect_types(operator, y, "float32", *(["int8"] if x.dtype == "int8" else []))
    expect_filled(operator, index, x)
    expect_rank(operator, index, 1, 1)
    expect_rank(operator, x, 2)
    expect_shape(operator, y, index.shape + x.shape[1:])
    if _hybrid(operator):
        expect_quantized(operator, x)
        if x.zero_point != 0:
            raise operator.refuse(f"needs a zero point of 0 for {x}.")


def _hybrid(operator: Operator) -> bool:
    return operator.input(1).dtype != operator.output.dtype


def evaluate(operator: Operator, inputs: Inputs) -> list[Array]:
    """Indices outside the table are clamped, as on the device; TFLM fails there."""
    x = given(inputs, 1)
    rows = x[np.clip(given(inputs, 0), 0, x.shape[0] - 1)]
    return [rows.astype(np.float32) * np.float32(operator.input(1).scale) if _hybrid(operator) else rows]


def lower(operator: Operator, to: Lowering) -> None:
    index, x, y = operator.input(0), operator.input(1), operator.output
    width = x.elements // x.shape[0]
    if _hybrid(operator):
        fields = {"rows": x.shape[0], "width": width, "indices": index.elements, "scale": x.scale}
        to.call("embed_s8_f32", operator, Struct("tl_embed", fields), to.place(x), to.place(index), y)
        return
    gather = {"batches": 1, "outer": 1, "rows": x.shape[0], "inner": width * like(x).itemsize, "indices": index.elements}
    to.call("gather_rows", operator, Struct("tl_gather", gather), to.place(x), to.place(index), y)


SPEC = Spec("EMBEDDING_LOOKUP", check, evaluate, lower)
