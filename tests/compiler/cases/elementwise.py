"""Shapes of operands that are broadcast."""

from __future__ import annotations

from tests.compiler.draw import Draw


def broadcast_shapes(draw: Draw) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
    """(a, b, result): equal shapes, or some dimensions of one or the other are 1 or missing."""
    result = draw.shape(1, 4)
    a, b = list(result), list(result)
    if draw.bool():
        for i in range(len(result)):
            which = draw.int(0, 3)
            if which == 1:
                a[i] = 1
            if which == 2:
                b[i] = 1
        if draw.bool():
            b = b[draw.int(0, len(b) - 1) :]
    result = tuple(max(x, y) for x, y in zip(a, [1] * (len(a) - len(b)) + b, strict=True))
    return tuple(a), tuple(b), result
