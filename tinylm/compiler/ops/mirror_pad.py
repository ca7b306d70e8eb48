"""MIRROR_PAD: the input reflected at its edges, with (SYMMETRIC) or without (REFLECT) the edge itself (TFLM mirror_pad.cc)."""

from __future__ import annotations

from typing import Literal

import numpy as np

from tinylm.compiler.graph import Array, Operator
from tinylm.compiler.ops.base import expect_types
from tinylm.compiler.ops.moving import expect_rank
from tinylm.compiler.ops.pad import check_paddings, paddings
from tinylm.compiler.ops.picking import picking_spec


def _skipped(operator: Operator) -> int:
    """1 where the edge is not repeated (REFLECT is mode 0)."""
    return 1 if operator.options.get("mode", 0) == 0 else 0


def check(operator: Operator) -> None:
    x = operator.input(0)
    expect_types(operator, x, "int8", "float32")
    expect_rank(operator, x, 1)
    check_paddings(operator)
    for length, pair in zip(x.shape, paddings(operator), strict=True):
        if max(pair) > length - _skipped(operator):
            raise operator.refuse(f"pads by {max(pair)}, more than {x} can reflect.")


def indices(operator: Operator) -> list[Array]:
    mode: Literal["reflect", "symmetric"] = "reflect" if _skipped(operator) else "symmetric"
    return [np.pad(np.arange(n), pair, mode=mode) for n, pair in zip(operator.input(0).shape, paddings(operator), strict=True)]


SPEC = picking_spec("MIRROR_PAD", check, indices)
