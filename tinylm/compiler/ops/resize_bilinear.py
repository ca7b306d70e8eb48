"""RESIZE_BILINEAR of [batch, height, width, channels] (TFLM resize_bilinear.h): int8 in fixed point of 10 bits, float32.

Rows, columns and their weights are tables made at build time.
"""

from __future__ import annotations

import numpy as np

from tinylm.compiler.graph import Array, Operator
from tinylm.compiler.lowering import Field, Lowering, Struct
from tinylm.compiler.ops.base import Inputs, Spec, expect_types, given
from tinylm.compiler.ops.resize_nearest import check_size
from tinylm.compiler.ops.scaling import SHORT

_ONE = 1 << 10


def _options(operator: Operator) -> tuple[bool, bool]:
    return bool(operator.options.get("align_corners", False)), bool(operator.options.get("half_pixel_centers", False))


def check(operator: Operator) -> None:
    expect_types(operator, operator.input(0), "int8", "float32")
    check_size(operator)
    if all(_options(operator)):
        raise operator.refuse("has both align_corners and half_pixel_centers, which TFLM refuses.")
    for axis in (1, 2):
        low, high, _ = _axis(operator, axis)
        if max(low.max(), high.max()) >= operator.input(0).shape[axis] or min(low.min(), high.min()) < 0:
            raise operator.refuse("reads beyond its input at this ratio of sizes, as TFLM would.")


def _axis(operator: Operator, axis: int) -> tuple[Array, Array, Array]:
    """(lower index, upper index, place less lower index) for each position along an axis of the output."""
    length, wanted = operator.input(0).shape[axis], operator.output.shape[axis]
    return (_whole if operator.input(0).dtype == "int8" else _real)(length, wanted, *_options(operator))


def _whole(length: int, wanted: int, corners: bool, half: bool) -> tuple[Array, Array, Array]:
    scale = (_ONE * length + wanted // 2) // wanted
    if corners and wanted > 1:
        scale = (_ONE * (length - 1) + (wanted - 1) // 2) // (wanted - 1)
    place = np.arange(wanted, dtype=np.int64) * scale
    if half:
        place = place + scale // 2 - _ONE // 2
    low = np.maximum(np.trunc(place / _ONE).astype(np.int64), 0)
    high = np.minimum(np.trunc((place + _ONE - 1) / _ONE).astype(np.int64), length - 1)
    return low, high, place - _ONE * low


def _real(length: int, wanted: int, corners: bool, half: bool) -> tuple[Array, Array, Array]:
    one = np.float32
    scale = one(length - 1) / one(wanted - 1) if corners and wanted > 1 else one(length) / one(wanted)
    place = np.arange(wanted).astype(np.float32)
    place = (place + one(0.5)) * scale - one(0.5) if half else place * scale
    low = np.maximum(np.floor(place).astype(np.int64), 0)
    high = np.minimum(np.ceil(place).astype(np.int64), length - 1)
    return low, high, place - low.astype(np.float32)


def evaluate(operator: Operator, inputs: Inputs) -> list[Array]:
    x = given(inputs, 0)
    y0, y1, dy = _axis(operator, 1)
    x0, x1, dx = _axis(operator, 2)
    dy, dx = dy[None, :, None, None], dx[None, None, :, None]
    corners = [x[:, rows][:, :, columns] for rows, columns in ((y0, x0), (y1, x0), (y0, x1), (y1, x1))]
    if x.dtype == np.float32:
        one = np.float32(1)
        weights = [((one - dy), (one - dx)), (dy, (one - dx)), ((one - dy), dx), (dy, dx)]
        terms = [corner * first * second for corner, (first, second) in zip(corners, weights, strict=True)]
        return [((terms[0] + terms[1]) + terms[2]) + terms[3]]
    whole = [((_ONE - dy), (_ONE - dx)), (dy, (_ONE - dx)), ((_ONE - dy), dx), (dy, dx)]
    total = sum(corner.astype(np.int64) * first * second for corner, (first, second) in zip(corners, whole, strict=True))
    rounded = np.asarray(total) + np.where(np.asarray(total) > 0, 1 << 19, -(1 << 19))
    return [np.where(rounded < 0, -(-rounded >> 20), rounded >> 20).astype(np.int8)]


def _table(operator: Operator, to: Lowering, axis: int, step: int) -> dict[str, Field]:
    low, high, rest = _axis(operator, axis)
    name = f"resize_{operator.index}_{'yx'[axis - 1]}"
    return {
        "size": low.size,
        "low": to.constant(f"{name}_low", (low * step).astype(np.int32)),
        "high": to.constant(f"{name}_high", (high * step).astype(np.int32)),
        "rest": to.constant(f"{name}_rest", rest.astype(np.float32 if rest.dtype == np.float32 else np.int32)),
    }


def lower(operator: Operator, to: Lowering) -> None:
    x, y = operator.input(0), operator.output
    batch, height, width, depth = x.shape
    fields: dict[str, Field] = {
        "batches": batch,
        "image": height * width * depth,
        "depth": depth,
        "row": _table(operator, to, 1, width * depth),
        "column": _table(operator, to, 2, depth),
    }
    kind = SHORT[x.dtype]
    to.call(f"resize_bilinear_{kind}", operator, Struct(f"tl_resize_{kind}", fields), to.place(x), y)


SPEC = Spec("RESIZE_BILINEAR", check, evaluate, lower)
