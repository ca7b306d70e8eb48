"""Reductions over some axes."""

from __future__ import annotations

from functools import partial

import numpy as np

from tests.build import Builder
from tests.compiler.batch import Case
from tests.compiler.draw import Draw

TYPES = {
    "MEAN": ["int8", "int8", "int16", "float32"],
    "SUM": ["int8", "int8", "int16", "float32"],
    "REDUCE_MAX": ["int8", "float32"],
    "REDUCE_MIN": ["int8", "float32"],
    "REDUCE_ALL": ["bool"],
    "REDUCE_ANY": ["bool"],
}


def reduction(name: str, draw: Draw) -> Case:
    dtype, shape, keep = draw.choice(TYPES[name]), draw.shape(1, 5, 5), draw.bool()
    axes = [axis for axis in range(len(shape)) if draw.bool()] or [draw.int(0, len(shape) - 1)]
    if len(axes) > 4:
        axes = axes[:4]
    left = tuple(1 if axis in axes else size for axis, size in enumerate(shape) if keep or axis not in axes)
    given = [axis - len(shape) if draw.int(0, 3) == 3 else axis for axis in axes]
    if draw.int(0, 5) == 5:
        given = given[::-1]
    builder = Builder()
    quantised: dict[str, object] = {"scale": draw.scale(), "zero_point": draw.zero_point(dtype)} if dtype in ("int8", "int16") else {}
    x = builder.input(shape, dtype, **quantised)
    if quantised and name in ("MEAN", "SUM") and draw.bool():
        quantised = {"scale": draw.scale(0.02, 3.0), "zero_point": draw.zero_point(dtype)}
    axis = builder.tensor((len(given),), "int32", data=np.array(given, np.int32))
    y = builder.output(left, dtype, **quantised)
    builder.operator(name, [x, axis], [y], "ReducerOptions", keepDims=keep)
    return draw.case(builder)


CASES = {name: partial(reduction, name) for name in TYPES}
