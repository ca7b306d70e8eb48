"""AVERAGE_POOL_2D and MAX_POOL_2D on int8, int16 and float32, L2_POOL_2D on float32 (TFLM pooling_common.cc, l2_pool_2d.cc)."""

from __future__ import annotations

import numpy as np

from tinylm.compiler.graph import Array, Operator
from tinylm.compiler.lowering import Lowering, Struct
from tinylm.compiler.ops.base import (
    Inputs,
    Spec,
    activation_range,
    expect_quantized,
    expect_same_type,
    expect_types,
    float_activation_range,
    given,
)
from tinylm.compiler.ops.window import Window, expect_images, fields, option, overlap, patches, window_of
from tinylm.compiler.placement import Overlap


def check(operator: Operator) -> None:
    x, y = operator.input(0), operator.output
    expect_types(operator, x, *(("float32",) if operator.name == "L2_POOL_2D" else ("int8", "int16", "float32")))
    expect_same_type(operator, x, y)
    expect_images(operator, x, y)
    _window(operator)
    if x.shape[3] != y.shape[3]:
        raise operator.refuse(f"changes the channels: {x} to {y}.")
    if x.dtype == "float32":
        float_activation_range(operator)
        return
    expect_quantized(operator, x, y)
    if abs(x.scale - y.scale) > 1e-6 or x.zero_point != y.zero_point:
        raise operator.refuse(f"needs {x} and {y} to be quantised alike.")
    low, high = activation_range(operator, y)
    if low > high:
        raise operator.refuse(f"has an activation that lies outside the range of {y}.")


def _window(operator: Operator) -> Window:
    return window_of(operator, option(operator, "filter_height"), option(operator, "filter_width"))


def evaluate(operator: Operator, inputs: Inputs) -> list[Array]:
    x, y = given(inputs, 0), operator.output
    near, inside = patches(x, _window(operator))
    mask = inside[None, ..., None]
    if operator.name == "MAX_POOL_2D":
        low = np.finfo(np.float32).min if y.dtype == "float32" else np.iinfo(x.dtype).min
        total = np.where(mask, near, x.dtype.type(low)).max(axis=(3, 4))
    elif y.dtype == "float32":
        total = np.zeros(y.shape, np.float32)
        square = operator.name == "L2_POOL_2D"
        for i, j in np.ndindex(near.shape[3], near.shape[4]):
            value = near[:, :, :, i, j]
            total = np.where(mask[:, :, :, i, j], total + (value * value if square else value), total)
        total = total / inside.sum(axis=(2, 3)).astype(np.float32)[None, ..., None]
        total = np.sqrt(total) if square else total
    else:
        total, count = near.astype(np.int64).sum(axis=(3, 4)), inside.sum(axis=(2, 3))[None, ..., None]
        total = np.where(total > 0, (total + count // 2) // count, -((-total + count // 2) // count))
    limits = float_activation_range(operator) if y.dtype == "float32" else activation_range(operator, y)
    return [np.clip(total, *limits).astype(x.dtype)]


def lower(operator: Operator, to: Lowering) -> None:
    x, y = operator.input(0), operator.output
    floating = x.dtype == "float32"
    low, high = float_activation_range(operator) if floating else activation_range(operator, y)
    params = Struct("tl_pool_float" if floating else "tl_pool", {"window": fields(operator, _window(operator)), "low": low, "high": high})
    kind = {"int8": "s8", "int16": "s16", "float32": "f32"}[x.dtype]
    to.call(f"{operator.name.lower().removesuffix('_2d')}_{kind}", operator, params, to.place(x), y)


def _overlap(operator: Operator) -> Overlap:
    return overlap(operator, _window(operator), by_rows=True)


_NAMES = ("AVERAGE_POOL_2D", "L2_POOL_2D", "MAX_POOL_2D")
AVERAGE_POOL_2D, L2_POOL_2D, MAX_POOL_2D = (Spec(name, check, evaluate, lower, overlap=_overlap) for name in _NAMES)
