"""Operators whose output is a strided view of their input: one kernel copies it, all strides known at build time."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tinylm.compiler.graph import DTYPES, Array, Operator, Tensor
from tinylm.compiler.lowering import Field, Lowering, Struct
from tinylm.compiler.ops.base import Inputs, Spec, expect_same_type, given

#: The input's values -> the output's values, as a numpy view (no copy) of any strides.
View = Callable[[Operator, Array], Array]

MAX_RANK = 6


def constant_ints(operator: Operator, position: int) -> list[int]:
    """The values of a constant int32 or int64 input, flat. Raises ModelError for anything else."""
    tensor = operator.input(position)
    if not tensor.constant or tensor.dtype not in ("int32", "int64"):
        raise operator.refuse(f"needs input {position} to be a constant of int32, not {tensor}.")
    return [int(value) for value in tensor.values().reshape(-1)]


def expect_filled(operator: Operator, *tensors: Tensor) -> None:
    """Raise ModelError for a tensor without elements."""
    for tensor in tensors:
        if tensor.elements == 0:
            raise operator.refuse(f"works on an empty tensor: {tensor}.")


def expect_rank(operator: Operator, tensor: Tensor, low: int, high: int = MAX_RANK) -> None:
    if not low <= len(tensor.shape) <= high:
        wanted = f"{low}" if low == high else f"{low} to {high}"
        raise operator.refuse(f"needs a tensor of {wanted} dimensions, not {tensor}.")


def expect_shape(operator: Operator, tensor: Tensor, shape: tuple[int, ...]) -> None:
    if tensor.shape != shape:
        raise operator.refuse(f"has an output of shape {list(tensor.shape)} where {list(shape)} is expected.")


def like(tensor: Tensor) -> Array:
    """An array of the tensor's shape and element size whose values mean nothing: to take views of."""
    return np.empty(tensor.shape, DTYPES[tensor.dtype][1])


def offset_in(view: Array, whole: Array) -> int:
    """Bytes from the start of ``whole`` to the first element of a view of it."""
    return int(view.__array_interface__["data"][0] - whole.__array_interface__["data"][0])


def move(operator: Operator, to: Lowering, x: Tensor, source: Array, y: Tensor, target: Array, whole: tuple[Array, Array]) -> None:
    """One call that copies ``source`` (a view of whole[0], the tensor x) into ``target`` (a view of whole[1], the tensor y)."""
    loops: list[tuple[int, int, int]] = []
    for size, from_step, to_step in zip(source.shape, source.strides, target.strides, strict=True):
        if size == 1:
            continue
        if loops and loops[-1][1:] == (from_step * size, to_step * size):
            loops[-1] = (loops[-1][0] * size, from_step, to_step)
        else:
            loops.append((size, from_step, to_step))
    run = source.itemsize
    if loops and loops[-1][1:] == (run, run):
        run *= loops.pop()[0]
    loops = loops or [(1, 0, 0)]
    if len(loops) > MAX_RANK:
        raise operator.refuse(f"moves {x} in {len(loops)} nested loops; {MAX_RANK} are supported.")
    fields: dict[str, Field] = {
        "rank": len(loops),
        "size": [loop[0] for loop in loops],
        "from_step": [loop[1] for loop in loops],
        "to_step": [loop[2] for loop in loops],
        "bytes": run,
    }
    places = to.at(x, offset_in(source, whole[0])), to.at(y, offset_in(target, whole[1]))
    to.call("move_view", operator, Struct("tl_move", fields), *places)


def view_spec(name: str, check: Callable[[Operator], None], view: View) -> Spec:
    """The Spec of an operator whose output is ``view`` of its input 0."""

    def check_all(operator: Operator) -> None:
        x, y = operator.input(0), operator.output
        expect_same_type(operator, x, y)
        expect_filled(operator, x, y)
        check(operator)

    def evaluate(operator: Operator, inputs: Inputs) -> list[Array]:
        return [np.ascontiguousarray(view(operator, given(inputs, 0))).reshape(operator.output.shape)]

    def lower(operator: Operator, to: Lowering) -> None:
        x, y = operator.input(0), operator.output
        whole = like(x)
        source = view(operator, whole)
        target = np.empty(source.shape, source.dtype)
        move(operator, to, x, source, y, target, (whole, target))

    return Spec(name, check_all, evaluate, lower)
