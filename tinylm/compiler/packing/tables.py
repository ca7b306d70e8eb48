"""Rows of signs as indices into tables of sums, for cores without SIMD.

The inputs are taken in groups, of four (ternary) or seven (binary). For each group the kernel makes a table of all sums that signs can
give, as unsigned 16-bit halves, each BASE more than the sum. A row is a byte a group: where in the table its sum lies. All rows read the
same tables, so that it pays when they are many; what does not fit TABLE_BYTES is done in several passes over the rows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tinylm.compiler.fixedpoint import wrap32
from tinylm.compiler.graph import Array
from tinylm.compiler.packing.signs import Signs

ROWS = 8
#: Working memory for tables, bytes.
TABLE_BYTES = 2176
#: Table lookups of a row in the kernel's unrolled loop.
UNROLL = 2


@dataclass(frozen=True)
class Kind:
    """inputs: in a group. entries: of its table. base: what each is more than its sum. steps: from one value of an input to the next."""

    inputs: int
    entries: int
    base: int
    steps: tuple[int, ...]

    def index(self, values: Array) -> Array:
        """[n, groups] uint8: where the sums of these signs [n, groups * inputs] lie, in bytes. -1 counts as 2, in binary as 0."""
        digits = values % 3 if self is TERNARY else (values + 1) // 2
        return (2 * (digits.reshape(len(values), -1, self.inputs) * np.array(self.steps)).sum(axis=2)).astype(np.uint8)


#: Nine sums of the first two inputs, one unused half, so that tables of more inputs grow in whole words.
TERNARY = Kind(4, 90, 4 * 128, (1, 3, 10, 30))
BINARY = Kind(7, 128, 7 * 128, (1, 2, 4, 8, 16, 32, 64))


@dataclass(frozen=True)
class Tables:
    """indices: uint8, pass by pass, for every eight rows, for every group a byte a row. rows [n, 2] int32: factor and bias.
    groups: in a pass; scratch: bytes of tables."""

    indices: Array
    rows: Array
    groups: int
    scratch: int


def kind_of(signs: Signs) -> Kind:
    return BINARY if signs.binary else TERNARY


def passes(inputs: int, kind: Kind) -> list[int]:
    """Groups in each pass."""
    groups = -(-inputs // kind.inputs)
    most = TABLE_BYTES // (2 * kind.entries) // UNROLL * UNROLL
    count = -(-groups // most)
    each = -(-groups // count)
    each += -each % UNROLL
    last = groups - (count - 1) * each
    return [each] * (count - 1) + [last + -last % UNROLL]


def tables(signs: Signs, bias: Array) -> Tables:
    """bias [n] int32."""
    kind = kind_of(signs)
    outputs, inputs = signs.values.shape
    shape = passes(inputs, kind)
    values = np.pad(signs.values, ((0, -outputs % ROWS), (0, sum(shape) * kind.inputs - inputs)), constant_values=1)
    index = kind.index(values).reshape(-1, ROWS, sum(shape))
    ends = np.cumsum(shape)
    parts = [index[:, :, end - size : end].transpose(0, 2, 1).reshape(-1) for size, end in zip(shape, ends, strict=True)]
    start = wrap32(bias.astype(np.int64) - signs.factors * kind.base * sum(shape))
    rows = np.stack([signs.factors, start], axis=1).astype(np.int32)
    return Tables(np.concatenate(parts), rows, shape[0], 2 * kind.entries * shape[0])
