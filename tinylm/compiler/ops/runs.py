"""Tensors cut along an axis are runs of contiguous bytes: what CONCATENATION, SPLIT and their kin share."""

from __future__ import annotations

import numpy as np

from tinylm.compiler.graph import Operator, Tensor


def axis_of(operator: Operator, tensor: Tensor, axis: int) -> int:
    """``axis`` counted from the front. Raises ModelError where the tensor has no such axis."""
    rank = len(tensor.shape)
    if not -rank <= axis < rank:
        raise operator.refuse(f"works along axis {axis}, which {tensor} has not.")
    return axis % rank


def run_bytes(tensor: Tensor, axis: int) -> int:
    """Bytes of one run: everything from ``axis`` inwards."""
    return int(np.prod(tensor.shape[axis:], dtype=np.int64)) * (tensor.bytes // max(tensor.elements, 1))
