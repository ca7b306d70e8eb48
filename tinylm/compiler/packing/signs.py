"""Weights of which every row holds only -s, 0 and s (or only -s and s), whatever their type: a layer of signs and one factor a row."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tinylm.compiler.graph import Array


@dataclass(frozen=True)
class Signs:
    """weights [n, k] = factors [n] (int64, 0 or more) * values [n, k] (int64, -1, 0 or 1). binary: no value is 0."""

    values: Array
    factors: Array
    binary: bool


def signs(weights: Array) -> Signs | None:
    """The weights [n, k] so split, None where they are not of that kind. A row of zeros has the factor 0, and any signs."""
    w = weights.astype(np.int64)
    if w.size == 0:
        return None
    sizes = np.abs(w)
    factors = sizes.max(axis=1)
    if not (np.equal(sizes, factors[:, None]) | np.equal(sizes, 0)).all():
        return None
    values = np.where(np.equal(factors, 0)[:, None], 1, np.sign(w))
    binary = bool(values.all())
    return Signs(values if binary else np.sign(w), factors, binary)
