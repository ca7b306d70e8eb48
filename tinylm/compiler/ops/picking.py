"""Operators that pick, along each axis, elements by indices known at build time: tables of byte offsets in flash."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tinylm.compiler.graph import Array, Operator
from tinylm.compiler.lowering import Field, Lowering, Struct
from tinylm.compiler.ops.base import Inputs, Spec, given
from tinylm.compiler.ops.moving import like

#: For each axis of the input, the index that each position of the output takes.
Indices = Callable[[Operator], list[Array]]


def picking_spec(name: str, check: Callable[[Operator], None], indices: Indices) -> Spec:
    def evaluate(operator: Operator, inputs: Inputs) -> list[Array]:
        return [given(inputs, 0)[np.ix_(*indices(operator))]]

    def lower(operator: Operator, to: Lowering) -> None:
        x, maps = operator.input(0), indices(operator)
        strides, shape, run = list(like(x).strides), list(x.shape), like(x).itemsize
        while len(maps) > 1 and np.array_equal(maps[-1], np.arange(shape[-1])):
            run *= shape.pop()
            maps, strides = maps[:-1], strides[:-1]
        tables = [
            to.constant(f"offsets_{operator.index}_{axis}", (index * stride).astype(np.int32))
            for axis, (index, stride) in enumerate(zip(maps, strides, strict=True))
        ]
        fields: dict[str, Field] = {"rank": len(maps), "size": [index.size for index in maps], "offset": tables, "bytes": run}
        to.call("pick_runs", operator, Struct("tl_pick", fields), to.place(x), operator.output)

    return Spec(name, check, evaluate, lower)
