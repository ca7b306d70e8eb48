"""BATCH_MATMUL of int8, int16 (64-bit sums) or float32, either side transposed, batches broadcast (TFLM batch_matmul.cc)."""

from __future__ import annotations

import numpy as np

from tinylm.compiler.graph import Array, Operator, Tensor
from tinylm.compiler.lowering import Field, Lowering, Scratch, Struct
from tinylm.compiler.ops import weights as q
from tinylm.compiler.ops.base import Inputs, Spec, expect_quantized, expect_same_type, expect_types, given, type_range
from tinylm.compiler.packing.dual import takes_short

_MOST_RANK = 5
#: The input that passes/reach.py adds: from which column on the right side holds nothing yet. The products do not depend on it.
REACH = 2
_MOST_SHORT_DEPTH = (1 << 29) // 255**2  # sums have to stay below 2^29, and so does the right-hand side's zero point times a row's sum


def _sides(operator: Operator) -> tuple[Tensor, Tensor, bool, bool]:
    return operator.input(0), operator.input(1), bool(operator.options.get("adj_x")), bool(operator.options.get("adj_y"))


def _oriented(tensor: Tensor, transposed: bool) -> tuple[int, ...]:
    """The shape as it enters the product."""
    return (*tensor.shape[:-2], tensor.shape[-1], tensor.shape[-2]) if transposed else tensor.shape


def check(operator: Operator) -> None:
    a, b, adj_a, adj_b = _sides(operator)
    y = operator.output
    expect_types(operator, a, "int8", "int16", "float32")
    expect_same_type(operator, a, b, y)
    for tensor in (a, b):
        if not 2 <= len(tensor.shape) <= _MOST_RANK or tensor.elements == 0:
            raise operator.refuse(f"needs two to {_MOST_RANK} dimensions, none of them 0, not {tensor}.")
    left, right = _oriented(a, adj_a), _oriented(b, adj_b)
    try:
        batches = np.broadcast_shapes(left[:-2], right[:-2])
    except ValueError:
        batches = (-1,)
    if left[-1] != right[-2] or (*batches, left[-2], right[-1]) != y.shape:
        raise operator.refuse(f"has shapes that do not fit: {a} times {b} to {y}.")
    if a.dtype == "float32":
        return
    expect_quantized(operator, a, b, y)
    if a.dtype == "int16" and any(tensor.zero_point for tensor in (a, b, y)):
        raise operator.refuse("needs zero points of 0 for int16.")
    multiplier_of(operator)


def multiplier_of(operator: Operator) -> tuple[Array, Array]:
    """[1] multiplier and shift. The product of the scales is a double, as TFLM's."""
    a, b, y = operator.input(0), operator.input(1), operator.output
    real = float(a.scale) * float(b.scale) / y.scale
    return q.multipliers(operator, [real], q.MOST_SHIFT_64 if a.dtype == "int16" else q.MOST_SHIFT)


def evaluate(operator: Operator, inputs: Inputs) -> list[Array]:
    a, b, adj_a, adj_b = _sides(operator)
    left, right = given(inputs, 0), given(inputs, 1)
    left = left.swapaxes(-1, -2) if adj_a else left
    right = right.swapaxes(-1, -2) if adj_b else right
    y = operator.output
    if a.dtype == "float32":
        total = np.zeros(y.shape, np.float32)
        with np.errstate(all="ignore"):
            for k in range(left.shape[-1]):
                total = total + left[..., :, k, None] * right[..., k, None, :]
        return [total]
    product = (left.astype(np.int64) - a.zero_point) @ (right.astype(np.int64) - b.zero_point)
    low, high = type_range(y)
    return [q.finish(product, *multiplier_of(operator), a.dtype == "int16", y.zero_point, low, high).astype(y.dtype)]


def _batch_strides(tensor: Tensor, batches: tuple[int, ...]) -> list[int]:
    """Elements from one batch to the next along each batch dimension (0: broadcast)."""
    own = (1,) * (len(batches) - len(tensor.shape) + 2) + tensor.shape[:-2]
    strides, run = [], tensor.shape[-1] * tensor.shape[-2]
    for size in reversed(own):
        strides.append(run if size > 1 else 0)
        run *= size
    return strides[::-1]


def lower(operator: Operator, to: Lowering) -> None:
    a, b, adj_a, adj_b = _sides(operator)
    y = operator.output
    batches = (1,) * (_MOST_RANK - len(y.shape)) + y.shape[:-2]
    fields: dict[str, Field] = {
        "batches": batches,
        "batch_a": _batch_strides(a, batches),
        "batch_b": _batch_strides(b, batches),
        "rows": y.shape[-2],
        "columns": y.shape[-1],
        "depth": _oriented(a, adj_a)[-1],
        "row_a": 1 if adj_a else a.shape[-1],
        "step_a": a.shape[-1] if adj_a else 1,
        "column_b": b.shape[-1] if adj_b else 1,
        "step_b": 1 if adj_b else b.shape[-1],
    }
    if a.dtype != "float32":
        multiplier, shift = multiplier_of(operator)
        fields |= {"zero_point_a": a.zero_point, "zero_point_b": b.zero_point, "output_zero_point": y.zero_point}
        fields |= {"multiplier": int(multiplier[0]), "shift": int(shift[0])}
    depth = _oriented(a, adj_a)[-1]
    if a.dtype == "int8" and to.packs("dsp") and takes_short(int(shift[0])) and depth <= _MOST_SHORT_DEPTH:
        params, scratch = Struct("tl_batch_matmul", fields), Scratch(2 * (depth + -depth % 4))
        sides = (to.place(a), to.place(b), operator.optional(REACH))
        to.call("batch_matmul_short_s8", operator, params, *sides, y, scratch, parts=("dots.S",))
        return
    kind = {"int8": "s8", "int16": "s16", "float32": "f32"}[a.dtype]
    reach = (operator.optional(REACH),) if a.dtype == "int8" else ()
    to.call(f"batch_matmul_{kind}", operator, Struct("tl_batch_matmul", fields), to.place(a), to.place(b), *reach, y)


def _products(operator: Operator) -> int:
    a, _, adj_a, _ = _sides(operator)
    return operator.output.elements * _oriented(a, adj_a)[-1]


SPEC = Spec("BATCH_MATMUL", check, evaluate, lower, products=_products)
