"""Matrices whose sums alone are wanted, for kernels on the DSP extension that finish them in their own way (LSTM, SVDF)."""

from __future__ import annotations

from tinylm.compiler.graph import Array
from tinylm.compiler.lowering import Field, Lowering
from tinylm.compiler.packing import dual

#: What tl_row_sums is made of, beside a kernel for the DSP extension.
PARTS = ("fc_packed.c", "fours.S", "plain.S")


def row_set(to: Lowering, hint: str, weights: Array, bias: Array) -> dict[str, Field]:
    """The fields of tl_row_set. weights [n, k] int8, bias [n] int32. hint: of the constants' names."""
    packed = dual.fours(weights, bias)
    return {
        "rows": to.constant(f"{hint}_rows", packed.words),
        "plain": to.constant(f"{hint}_plain", packed.plain) if packed.plain.any() else None,
        "groups": len(packed.plain),
        "depth": dual.depth_of(weights.shape[1]),
        "inputs": weights.shape[1],
    }


def quick(ends: tuple[Array, Array], multiplier: int, shift: int, zero_point: int) -> dict[str, Field]:
    """The fields of tl_scale. ends: of the sums; where they or the shift are too large, right is 0 and the kernel does as TFLM."""
    short = dual.takes_short(shift) and bool(dual.short_sums(ends).all())
    right = -shift if short else 0
    start = dual.short_start(zero_point, right) if short else 0
    return {"multiplier": multiplier, "start": start, "right": right, "shift": shift, "zero_point": zero_point}
