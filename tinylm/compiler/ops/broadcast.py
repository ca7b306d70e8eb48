"""Broadcasting shared by the binary operators: shapes collapsed at build time to as few loops as they need."""

from __future__ import annotations

import numpy as np

from tinylm.compiler.graph import Operator, Tensor
from tinylm.compiler.lowering import Field

MAX_RANK = 5


def check_broadcast(operator: Operator, *inputs: Tensor) -> None:
    """Raise ModelError unless the inputs broadcast to the output's shape."""
    shapes = [tensor.shape for tensor in inputs]
    try:
        shape = np.broadcast_shapes(*shapes)
    except ValueError:
        raise operator.refuse(f"cannot broadcast {' with '.join(str(list(s)) for s in shapes)}.") from None
    if shape != operator.output.shape:
        raise operator.refuse(f"has an output of shape {list(operator.output.shape)} where {list(shape)} is expected.")


def loops(operator: Operator, *inputs: Tensor) -> dict[str, Field]:
    """Fields of a tl_loops struct: sizes [rank], outermost first, and per input the element stride of each loop."""
    shape = np.broadcast_shapes(*(tensor.shape for tensor in inputs))
    collapsed: list[tuple[int, tuple[bool, ...]]] = []
    for axis, size in enumerate(shape):
        if size == 1:
            continue
        kept = tuple(_own(tensor, axis - len(shape)) > 1 for tensor in inputs)
        if collapsed and collapsed[-1][1] == kept:
            collapsed[-1] = (collapsed[-1][0] * size, kept)
        else:
            collapsed.append((size, kept))
    if not collapsed:
        collapsed = [(1, tuple(True for _ in inputs))]
    if len(collapsed) > MAX_RANK:
        raise operator.refuse(f"broadcasts over {len(collapsed)} dimensions; {MAX_RANK} are supported.")
    fields: dict[str, Field] = {"rank": len(collapsed), "size": [size for size, _ in collapsed]}
    for position in range(len(inputs)):
        strides, run = [], 1
        for size, kept in reversed(collapsed):
            strides.append(run if kept[position] else 0)
            run *= size if kept[position] else 1
        fields[f"stride{position + 1}"] = strides[::-1]
    return fields


def _own(tensor: Tensor, axis: int) -> int:
    return tensor.shape[axis] if -axis <= len(tensor.shape) else 1
