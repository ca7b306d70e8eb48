"""Two rows of signs in one 16-bit lane, for cores with the DSP extension.

A lane is FACTOR a + b, for signs a and b. One SMLAD is four products; a pass ends before B, the sum of the b, could reach half of FACTOR,
so that A = round(sum / FACTOR) and B = sum - FACTOR A.
"""

from __future__ import annotations

import numpy as np

from tinylm.compiler.graph import Array

FACTOR = (1 << 15) - 2
ROWS = 8
#: Most inputs of a pass, a multiple of 8: 120 * 128 < 16,000, where rounding by SMMULR is still exact.
PASS = 120


def passes(inputs: int) -> list[int]:
    """Inputs of each pass, multiples of 8."""
    count = -(-inputs // PASS)
    each = -(-inputs // count)
    each += -each % 8
    last = inputs - (count - 1) * each
    return [each] * (count - 1) + [last + -last % 8]


def lanes(values: Array) -> Array:
    """uint32: pass by pass, for every eight rows, for every eight inputs, for every two rows, lanes (k, k + 2) and (k + 1, k + 3) of the
    first four inputs and of the others. values: signs [n, k]."""
    shape = passes(values.shape[1])
    values = np.pad(values, ((0, -values.shape[0] % ROWS), (0, sum(shape) - values.shape[1])))
    lane = ((FACTOR * values[0::2] + values[1::2]) & 0xFFFF).reshape(-1, ROWS // 2, sum(shape) // 8, 2, 4)
    words = (lane[..., 0:2] | lane[..., 2:4] << 16).transpose(0, 2, 1, 3, 4)
    ends = np.cumsum(shape) // 8
    parts = [words[:, end - size // 8 : end].reshape(-1) for size, end in zip(shape, ends, strict=True)]
    return np.concatenate(parts).astype(np.uint32)
