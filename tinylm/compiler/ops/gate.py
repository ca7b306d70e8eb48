"""GATE, which no file holds: h + z * (c - h), a gated recurrent unit's new state, where z and c are functions of one byte each."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from tinylm.compiler.graph import Array, Operator, Tensor
from tinylm.compiler.lowering import At, Field, Lowering, Struct
from tinylm.compiler.ops.base import activation, given
from tinylm.compiler.ops.fused import fused_spec, parts_of
from tinylm.compiler.ops.scaling import multiplier_of
from tinylm.compiler.packing.finish import short_finish
from tinylm.compiler.packing.linear import all_pairs

NAME = "GATE"
_MOST = 255 * 255


@dataclass(frozen=True)
class Gate:
    """difference: of c - h + 255, as tl_gate has it; total: of h + z (c - h) + 256; factor, fraction: of the product's finish."""

    difference: Array
    total: Array
    factor: int
    fraction: int


def gate_of(difference: Operator, product: Operator, total: Operator, z: Tensor) -> Gate | None:
    """What a kernel needs, or None where it cannot take these: SUB and ADD have to depend on one number, MUL needs a proved finish."""
    if activation(product) != "none" or z.zero_point != -128:
        return None
    by_difference = _by_one(difference, -1, 255)
    by_sum = _by_one(total, 1, 256)
    if by_difference is None or by_sum is None:
        return None
    change = by_difference.astype(np.int64) - difference.output.zero_point
    real = product.input(0).scale * product.input(1).scale / product.output.scale
    multiplier, shift = (np.array([value]) for value in multiplier_of(product, real))
    ends = np.array([-_MOST]), np.array([_MOST])
    for fraction in (13, 9):
        finish = short_finish(ends, multiplier, shift, product.output.zero_point, (-128, 127), fractions=(fraction,))
        starts = finish.start + finish.step * (change < 0)
        if finish.right.all() and all(np.array_equal(part, part.astype(np.int16)) for part in (256 * change, starts)):
            words = (change << 24 | starts & 0xFFFF) & 0xFFFFFFFF
            return Gate(words.astype(np.uint32), by_sum, int(finish.factor[0]), fraction)
    return None


def _by_one(operator: Operator, sign: int, middle: int) -> Array | None:
    """The operator's results [2 * middle + 1] by first + sign * second + middle, or None where they depend on more than that."""
    from tinylm.compiler.ops import spec_of

    a, b = (values.reshape(-1) for values in all_pairs())
    ends: list[Tensor | None] = [replace(operator.input(i), shape=a.shape) for i in (0, 1)]
    shadow = replace(operator, inputs=ends, outputs=[replace(operator.output, shape=a.shape)])
    results = given(spec_of(shadow).evaluate(shadow, [a.astype(np.int8), b.astype(np.int8)]), 0).reshape(-1)
    at = a + sign * b + middle
    table = np.zeros(2 * middle + 1, np.int8)
    table[at] = results
    return table if np.array_equal(table[at], results) else None


def _function(operator: Operator) -> Array:
    """[256] int8: its results by the bit pattern of what it reads."""
    from tinylm.compiler.passes.element import by_element

    results = by_element(operator, np.arange(256, dtype=np.uint8).view(np.int8))
    assert results is not None
    return results


def lower(operator: Operator, to: Lowering) -> None:
    of_z, of_c, difference, product, total = parts_of(operator)
    gate = gate_of(difference, product, total, of_z.output)
    assert gate is not None
    index = operator.index
    params: dict[str, Field] = {
        "z": to.constant(f"gate_{index}", (_function(of_z).astype(np.int16) + 128).astype(np.uint8)),
        "c": to.constant(f"candidate_{index}", _function(of_c)),
        "difference": At(to.constant(f"differences_{index}", gate.difference), 4 * 255),
        "sum": At(to.constant(f"sums_{index}", gate.total), 256),
        "factor": gate.factor,
        "count": operator.output.elements,
    }
    inputs = [to.place(operator.input(i)) for i in range(3)]
    function = f"gate_s8_{gate.fraction}"
    to.call("gate_s8", operator, Struct("tl_gate", params), *inputs, operator.output, function=function, parts=("gate.S",))


SPEC = fused_spec(NAME, lower, lambda operator: [(2, 0), (0, 0), (1, 0)])
