"""DEPTH_TO_SPACE and SPACE_TO_DEPTH in blocks (TFLM depth_to_space.cc, space_to_depth.cc): a transposition of 6 dimensions."""

from __future__ import annotations

from tinylm.compiler.graph import Array, Operator
from tinylm.compiler.ops.base import expect_types
from tinylm.compiler.ops.moving import expect_rank, expect_shape, view_spec


def _block(operator: Operator) -> int:
    block = int(operator.options.get("block_size", 0))
    if block < 1:
        raise operator.refuse(f"has a block size of {block}.")
    return block


def _check(operator: Operator) -> tuple[tuple[int, ...], int]:
    x = operator.input(0)
    expect_types(operator, x, "int8", "float32")
    expect_rank(operator, x, 4, 4)
    return x.shape, _block(operator)


def check_to_space(operator: Operator) -> None:
    (batch, height, width, depth), block = _check(operator)
    if depth % (block * block):
        raise operator.refuse(f"cannot cut {depth} channels into blocks of {block} x {block}.")
    expect_shape(operator, operator.output, (batch, height * block, width * block, depth // (block * block)))


def check_to_depth(operator: Operator) -> None:
    (batch, height, width, depth), block = _check(operator)
    if height % block or width % block:
        raise operator.refuse(f"cannot cut {height} x {width} into blocks of {block} x {block}.")
    expect_shape(operator, operator.output, (batch, height // block, width // block, depth * block * block))


def to_space(operator: Operator, x: Array) -> Array:
    block = _block(operator)
    batch, height, width, depth = x.shape
    return x.reshape(batch, height, width, block, block, depth // (block * block)).transpose(0, 1, 3, 2, 4, 5)


def to_depth(operator: Operator, x: Array) -> Array:
    block = _block(operator)
    batch, height, width, depth = x.shape
    return x.reshape(batch, height // block, block, width // block, block, depth).transpose(0, 1, 3, 2, 4, 5)


DEPTH_TO_SPACE = view_spec("DEPTH_TO_SPACE", check_to_space, to_space)
SPACE_TO_DEPTH = view_spec("SPACE_TO_DEPTH", check_to_depth, to_depth)
