"""PACK stacks tensors along a new axis; UNPACK takes a tensor apart along one (TFLM pack.cc, unpack.cc)."""

from __future__ import annotations

import numpy as np

from tinylm.compiler.graph import Array, Operator, Tensor
from tinylm.compiler.lowering import Lowering
from tinylm.compiler.ops.base import Inputs, Spec, expect_same_type, expect_types, given
from tinylm.compiler.ops.moving import expect_filled
from tinylm.compiler.ops.runs import axis_of, run_bytes


def _parts(operator: Operator, whole: Tensor, parts: list[Tensor], count: str) -> int:
    """The axis, counted from the front, once all shapes are known to fit."""
    expect_same_type(operator, whole, *parts)
    expect_filled(operator, whole)
    axis = axis_of(operator, whole, int(operator.options.get("axis", 0)))
    stated = int(operator.options.get(count, len(parts)))
    if not parts or stated != len(parts) or whole.shape[axis] != len(parts):
        raise operator.refuse(f"has {len(parts)} parts (its options say {stated}) along axis {axis} of {whole}.")
    for part in parts:
        if part.shape != whole.shape[:axis] + whole.shape[axis + 1 :]:
            raise operator.refuse(f"has shapes that do not fit: {part} and {whole} along axis {axis}.")
    return axis


def _pack(operator: Operator) -> tuple[Tensor, list[Tensor], int]:
    parts = [operator.input(i) for i in range(len(operator.inputs))]
    return operator.output, parts, _parts(operator, operator.output, parts, "values_count")


def _unpack(operator: Operator) -> tuple[Tensor, list[Tensor], int]:
    x = operator.input(0)
    return x, operator.outputs, _parts(operator, x, operator.outputs, "num")


def check_pack(operator: Operator) -> None:
    expect_types(operator, _pack(operator)[0], "int8", "int16", "int32", "int64", "float32")


def check_unpack(operator: Operator) -> None:
    expect_types(operator, _unpack(operator)[0], "int8", "int16", "int32", "float32")


def evaluate_pack(operator: Operator, inputs: Inputs) -> list[Array]:
    return [np.stack([given(inputs, i) for i in range(len(inputs))], axis=_pack(operator)[2])]


def evaluate_unpack(operator: Operator, inputs: Inputs) -> list[Array]:
    axis = _unpack(operator)[2]
    return [np.take(given(inputs, 0), i, axis=axis) for i in range(len(operator.outputs))]


def lower_pack(operator: Operator, to: Lowering) -> None:
    y, parts, axis = _pack(operator)
    count, step, width = _geometry(y, axis)
    for i, part in enumerate(parts):
        to.call("copy_runs", operator, to.place(part), width, to.at(y, i * width), step, width, count)


def lower_unpack(operator: Operator, to: Lowering) -> None:
    x, parts, axis = _unpack(operator)
    count, step, width = _geometry(x, axis)
    for i, part in enumerate(parts):
        to.call("copy_runs", operator, to.at(x, i * width), step, part, width, width, count)


def _geometry(whole: Tensor, axis: int) -> tuple[int, int, int]:
    """(runs, bytes of a run of the whole, bytes of a run of one part)."""
    step = run_bytes(whole, axis)
    return int(np.prod(whole.shape[:axis], dtype=np.int64)), step, step // whole.shape[axis]


PACK = Spec("PACK", check_pack, evaluate_pack, lower_pack)
UNPACK = Spec("UNPACK", check_unpack, evaluate_unpack, lower_unpack)
