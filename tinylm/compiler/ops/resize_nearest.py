"""RESIZE_NEAREST_NEIGHBOR of [batch, height, width, channels]; the indices in float32 as TFLM (resize_nearest_neighbor.h)."""

from __future__ import annotations

import numpy as np

from tinylm.compiler.fixedpoint import c_round
from tinylm.compiler.graph import Array, Operator
from tinylm.compiler.ops.base import expect_same_type, expect_types
from tinylm.compiler.ops.moving import constant_ints, expect_filled, expect_rank, expect_shape
from tinylm.compiler.ops.picking import picking_spec


def check_size(operator: Operator) -> None:
    """What both resizing operators ask of their shapes."""
    x, y = operator.input(0), operator.output
    expect_same_type(operator, x, y)
    expect_filled(operator, x, y)
    expect_rank(operator, x, 4, 4)
    expect_types(operator, operator.input(1), "int32")
    expect_rank(operator, operator.input(1), 1, 1)
    size = constant_ints(operator, 1)
    if len(size) != 2:
        raise operator.refuse(f"needs height and width, not {operator.input(1)}.")
    expect_shape(operator, y, (x.shape[0], size[0], size[1], x.shape[3]))


def check(operator: Operator) -> None:
    expect_types(operator, operator.input(0), "int8", "int16", "float32")
    check_size(operator)


def _nearest(length: int, wanted: int, corners: bool, half: bool) -> Array:
    one = np.float32
    scale = one(length - 1) / one(wanted - 1) if corners and wanted > 1 else one(length) / one(wanted)
    places = [(one(i) + one(0.5 if half else 0.0)) * scale for i in range(wanted)]
    found = [c_round(float(place)) if corners else int(np.floor(place)) for place in places]
    clipped: Array = np.clip(np.array(found), 0, length - 1)
    return clipped


def indices(operator: Operator) -> list[Array]:
    x, y = operator.input(0), operator.output
    corners, half = bool(operator.options.get("align_corners", False)), bool(operator.options.get("half_pixel_centers", False))
    spatial = [_nearest(x.shape[axis], y.shape[axis], corners, half) for axis in (1, 2)]
    return [np.arange(x.shape[0]), *spatial, np.arange(x.shape[3])]


SPEC = picking_spec("RESIZE_NEAREST_NEIGHBOR", check, indices)
