"""SPACE_TO_BATCH_ND and BATCH_TO_SPACE_ND of 3 or 4 dimensions (TFLM space_to_batch_nd.cc, batch_to_space_nd.cc).

TFLM pads SPACE_TO_BATCH_ND with a value that it never sets: the byte 0 where its arena starts out as zeros, as on a device.
So padding is taken only where that byte is the real zero.
"""

from __future__ import annotations

import numpy as np

from tinylm.compiler.graph import Array, Operator, Tensor
from tinylm.compiler.lowering import Lowering, Struct
from tinylm.compiler.ops.base import Inputs, Spec, expect_same_type, expect_types, given
from tinylm.compiler.ops.moving import constant_ints, expect_filled, expect_rank, like


def _nhwc(tensor: Tensor) -> tuple[int, int, int, int]:
    """The shape with a width of 1 where it has none."""
    batch, height, *width, depth = tensor.shape
    return batch, height, width[0] if width else 1, depth


def _geometry(operator: Operator, big: Tensor, small: Tensor) -> dict[str, int]:
    """Fields of tl_blocks. big: the spatial side; small: the side with the blocks in its batch."""
    expect_same_type(operator, big, small)
    expect_types(operator, big, "int8", "float32")
    expect_filled(operator, big, small)
    for tensor in (big, small):
        expect_rank(operator, tensor, 3, 4)
    for position in (1, 2):
        expect_types(operator, operator.input(position), "int32")
    spatial = len(big.shape) - 2
    block, margins = constant_ints(operator, 1), constant_ints(operator, 2)
    if len(small.shape) != len(big.shape) or len(block) != spatial or len(margins) != 2 * spatial or min(block) < 1 or min(margins) < 0:
        raise operator.refuse(f"has blocks {block} and margins {margins} for {big} and {small}.")
    block, margins = [*block, 1][:2], [*margins, 0, 0][:4]
    (batch, height, width, depth), inner = _nhwc(big), _nhwc(small)
    whole = height + margins[0] + margins[1], width + margins[2] + margins[3]
    if inner != (batch * block[0] * block[1], whole[0] // block[0], whole[1] // block[1], depth) or (
        whole != (inner[1] * block[0], inner[2] * block[1])
    ):
        raise operator.refuse(f"has shapes that do not fit: {big} and {small} with blocks {block} and margins {margins}.")
    return {
        "batches": batch,
        "height": height,
        "width": width,
        "rows": inner[1],
        "columns": inner[2],
        "block_height": block[0],
        "block_width": block[1],
        "top": margins[0],
        "left": margins[2],
        "bytes": depth * like(big).itemsize,
    }


def _to_batch(operator: Operator) -> dict[str, int]:
    return _geometry(operator, operator.input(0), operator.output)


def _to_space(operator: Operator) -> dict[str, int]:
    return _geometry(operator, operator.output, operator.input(0))


def check_to_batch(operator: Operator) -> None:
    _to_batch(operator)
    if any(constant_ints(operator, 2)) and operator.input(0).zero_point != 0:
        raise operator.refuse("pads a tensor whose zero point is not 0, for which TFLM uses a value that it never sets.")


def check_to_space(operator: Operator) -> None:
    _to_space(operator)


def _blocks(f: dict[str, int], depth: int) -> tuple[int, ...]:
    """The padded big side, cut into blocks: [batch, row, block row, column, block column, depth]."""
    return f["batches"], f["rows"], f["block_height"], f["columns"], f["block_width"], depth


def evaluate_to_batch(operator: Operator, inputs: Inputs) -> list[Array]:
    f, x = _to_batch(operator), given(inputs, 0)
    x = x.reshape(_nhwc(operator.input(0)))
    padded = np.zeros((f["batches"], f["rows"] * f["block_height"], f["columns"] * f["block_width"], x.shape[3]), x.dtype)
    padded[:, f["top"] : f["top"] + f["height"], f["left"] : f["left"] + f["width"]] = x
    blocks = padded.reshape(_blocks(f, x.shape[3])).transpose(2, 4, 0, 1, 3, 5)
    return [np.ascontiguousarray(blocks).reshape(operator.output.shape)]


def evaluate_to_space(operator: Operator, inputs: Inputs) -> list[Array]:
    f, x = _to_space(operator), given(inputs, 0)
    depth = x.shape[-1]
    blocks = x.reshape(f["block_height"], f["block_width"], f["batches"], f["rows"], f["columns"], depth).transpose(2, 3, 0, 4, 1, 5)
    whole = np.ascontiguousarray(blocks).reshape(f["batches"], f["rows"] * f["block_height"], f["columns"] * f["block_width"], depth)
    inside = whole[:, f["top"] : f["top"] + f["height"], f["left"] : f["left"] + f["width"]]
    return [np.ascontiguousarray(inside).reshape(operator.output.shape)]


def lower_to_batch(operator: Operator, to: Lowering) -> None:
    to.call("space_to_batch", operator, Struct("tl_blocks", _to_batch(operator)), to.place(operator.input(0)), operator.output)


def lower_to_space(operator: Operator, to: Lowering) -> None:
    to.call("batch_to_space", operator, Struct("tl_blocks", _to_space(operator)), to.place(operator.input(0)), operator.output)


SPACE_TO_BATCH_ND = Spec("SPACE_TO_BATCH_ND", check_to_batch, evaluate_to_batch, lower_to_batch)
BATCH_TO_SPACE_ND = Spec("BATCH_TO_SPACE_ND", check_to_space, evaluate_to_space, lower_to_space)
